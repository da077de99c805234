import { conflict, invalid } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Reader, Store, Writer } from '../store/index.ts';
import { DEFAULT_PROJECT } from './deps.ts';
import type { DevopsTables } from './tables.ts';

export type Project = {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly createdOn: string;
};

/** Makes sure that the default project is there; its id is drawn once. */
export async function ensureDefaultProject(store: Store<DevopsTables>, at: string): Promise<void> {
  if (await findProject(store.read, DEFAULT_PROJECT)) return;
  await store.write((writer) => addProject(writer, { name: DEFAULT_PROJECT, createdOn: at }));
}

/** @throws conflict for a name that is taken, invalid for one that isn't usable */
async function addProject(writer: Writer<DevopsTables>, given: Omit<Project, 'id'>): Promise<Project> {
  if (!/^[^\\/:*?"<>|;#$*{},+=[\]@%\u0000-\u001f]{1,64}$/.test(given.name) || given.name.startsWith('_'))
    throw invalid(
      `'${given.name.slice(0, 100)}' is not a project name: 1 to 64 characters, no leading '_', none of \\ / : * ? " < > |.`,
    );
  if (await findProject(writer, given.name)) throw conflict(`A project named '${given.name}' exists already.`);
  const project = { ...given, id: newGuid() };
  await writer
    .insertInto('devops_projects')
    .values({ id: project.id, name: project.name, document: JSON.stringify(project) })
    .execute();
  return project;
}

export async function listProjects(reader: Reader<DevopsTables>): Promise<Project[]> {
  const rows = await reader.selectFrom('devops_projects').select('document').orderBy('name').execute();
  return rows.map((row) => JSON.parse(row.document) as Project);
}

/** Finds a project by id or, ignoring case, by name. */
export async function findProject(reader: Reader<DevopsTables>, idOrName: string): Promise<Project | undefined> {
  const wanted = idOrName.toLowerCase();
  return (await listProjects(reader)).find((one) => one.id === wanted || one.name.toLowerCase() === wanted);
}
