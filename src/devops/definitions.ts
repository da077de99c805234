import { conflict, invalid, notFound } from '../kernel/errors.ts';
import type { Reader, Writer } from '../store/index.ts';
import { nextNumber } from './counters.ts';
import type { DevopsTables } from './tables.ts';

/** A pipeline's definition: a YAML file in a repository of this machine. */
export type Definition = {
  readonly id: number;
  readonly projectId: string;
  readonly name: string;
  /** Folder in the project's tree of pipelines; the root is `\`. */
  readonly path: string;
  readonly revision: number;
  /** Absolute path of the repository's top folder. */
  readonly directory: string;
  /** The YAML file in it, with a leading slash. */
  readonly file: string;
};

type Row = DevopsTables['devops_definitions'];

const definitionOf = (row: Row): Definition => {
  const { directory, file } = JSON.parse(row.document) as { directory: string; file: string };
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    path: row.path,
    revision: row.revision,
    directory,
    file,
  };
};

/** A project's definitions, by name. */
export async function listDefinitions(reader: Reader<DevopsTables>, projectId: string): Promise<Definition[]> {
  const rows = await reader
    .selectFrom('devops_definitions')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('name')
    .execute();
  return rows.map(definitionOf);
}

/** @throws not-found in the service's words */
export async function getDefinition(reader: Reader<DevopsTables>, projectId: string, id: number): Promise<Definition> {
  const row = await reader
    .selectFrom('devops_definitions')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('id', '=', Number.isSafeInteger(id) ? id : -1)
    .executeTakeFirst();
  if (!row)
    throw notFound(`The pipeline definition ${id} could not be found.`, { wire: 'DefinitionNotFoundException' });
  return definitionOf(row);
}

/**
 * Stores a new definition.
 * @throws conflict for a name that the folder has already
 */
export async function addDefinition(
  writer: Writer<DevopsTables>,
  given: Omit<Definition, 'id' | 'revision'>,
): Promise<Definition> {
  await checkName(writer, given);
  const definition: Definition = { ...given, id: await nextNumber(writer, 'definition'), revision: 1 };
  await writer
    .insertInto('devops_definitions')
    .values({
      id: definition.id,
      project_id: definition.projectId,
      name: definition.name,
      path: definition.path,
      revision: 1,
      document: documentOf(definition),
    })
    .execute();
  return definition;
}

/**
 * Replaces a definition; its revision goes up by one.
 * @param after the new content, with the revision that it was made from
 * @throws conflict when another change came first, or for a name that is taken
 */
export async function changeDefinition(writer: Writer<DevopsTables>, after: Definition): Promise<Definition> {
  await checkName(writer, after);
  const changed = await writer
    .updateTable('devops_definitions')
    .set({ name: after.name, path: after.path, revision: after.revision + 1, document: documentOf(after) })
    .where('id', '=', after.id)
    .where('revision', '=', after.revision)
    .returningAll()
    .executeTakeFirst();
  if (!changed)
    throw conflict(
      `Definition ${after.id} was changed by someone else since revision ${after.revision}. Read it again and repeat the change.`,
    );
  return definitionOf(changed);
}

const documentOf = ({ directory, file }: Definition) => JSON.stringify({ directory, file });

async function checkName(writer: Writer<DevopsTables>, given: Omit<Definition, 'id' | 'revision'> & { id?: number }) {
  if (given.name.trim() === '' || given.name.length > 255)
    throw invalid(`A pipeline's name has 1 to 255 characters, not ${given.name.length}.`);
  const twin = (await listDefinitions(writer, given.projectId)).find(
    (one) =>
      one.id !== given.id &&
      one.path.toLowerCase() === given.path.toLowerCase() &&
      one.name.toLowerCase() === given.name.toLowerCase(),
  );
  if (twin)
    throw conflict(`A definition named '${given.name}' exists already in folder ${given.path}.`, {
      wire: 'DefinitionExistsException',
    });
}
