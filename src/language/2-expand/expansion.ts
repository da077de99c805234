import { childOf, type Entry, type Mapping, type Node, type Place, textNode, textOf } from '../1-read/node.ts';
import type { Origin } from '../1-read/origin.ts';
import { collectProblems, makeDiagnostic, type Problems } from '../diagnostics.ts';
import type { Limits } from '../limits.ts';
import { boundParameters } from './bound-parameters.ts';
import { type ExpansionHost, expandNode } from './expand.ts';
import { ExpansionStopped, type Files } from './files.ts';
import { normalizeList } from './normalize.ts';
import { bindParameters, type StructureReader } from './parameters.ts';
import { type DeclaredRepositories, declaredRepositories, describeFiles } from './repositories.ts';
import type { Scope, SourceFile, VariableTable } from './scope.ts';
import { expandText } from './template-expression.ts';
import { resolveTemplate } from './template-path.ts';

const deepest = 100;

/** What an expansion is given. */
export type ExpansionInput = {
  readonly files: Files;
  readonly problems: Problems;
  readonly limits: Limits;
  readonly source: SourceFile;
  readonly root: Mapping;
  readonly variables: VariableTable;
  /** Parameters given when the run was queued, as nodes. */
  readonly parameters: Mapping;
  /** Whether each node is to know how it came about. */
  readonly trace: boolean;
  /** The id of the project, for messages. */
  readonly project: string;
  /** How a repository is named in messages, by its alias; undefined for the pipeline's own. */
  describeRepository(alias: string | undefined): string;
};

/** Expands a pipeline whose file has been read: templates brought in, nothing left to evaluate but what the run evaluates. */
export function expandPipeline(input: ExpansionInput): Mapping {
  const { files, problems, root, limits } = input;
  const repositories = new Map(declaredRepositories(root));
  const reported = new Set<string>();
  let depth = 0;
  let memory = 0;
  let events = 0;
  const misled = new Set<Node>();
  const stop = (file: string, code: 'too-deep' | 'too-large' | 'too-many-events'): never => {
    problems.inFile(file, code);
    throw new ExpansionStopped();
  };

  const countEvents = (count: number, file: string) => {
    events += count;
    if (events > limits.events) stop(file, 'too-many-events');
  };

  const makeHost = (reporter: Problems): ExpansionHost => ({
    problems: reporter,
    spend(bytes, file, count = 1) {
      memory += bytes;
      if (memory > limits.memoryBytes) stop(file, 'too-large');
      countEvents(count, file);
    },
    enter(file) {
      depth++;
      if (depth > deepest) stop(file, 'too-deep');
    },
    leave() {
      depth--;
    },
    misled,
    breakOff(at, code, ...holes) {
      reporter.inFile(at, code, ...holes);
      throw new ExpansionStopped();
    },
    include(reference, listName, scope) {
      const shapeName = `${listName.replace(/s$/, '')}TemplateFile`;
      const opened = openTemplate('template', reference, shapeName, scope, reporter);
      const list = opened ? childOf(opened.content, listName) : undefined;
      if (!list) return [];
      if (listName === 'variables') return variableItems(list);
      return list.kind === 'sequence' ? list.items : [];
    },
  });

  const reader =
    (scope: Scope): StructureReader =>
    (node, shapeName, reporter) =>
      normalizeList(shapeName, expandNode(node, shapeName, scope, makeHost(reporter)));

  /** Reads a template, binds its parameters and expands the whole of it. */
  const openTemplate = (
    kind: 'template' | 'extends',
    reference: Mapping,
    shapeName: string,
    scope: Scope,
    reporter: Problems,
  ) => {
    const source = locate(reference, scope, repositories, reporter);
    if (!source) return undefined;
    const repository = source.repository === undefined ? undefined : repositories.get(source.repository);
    const text = files.text(source.path, repository);
    const found = repository && files.found(repository);
    if (repository && !found) {
      // One word on each repository that isn't there, however many templates were to come from it.
      if (!reported.has(repository.alias))
        reporter.plain('repository-not-found', [repository.name, input.project, repository.alias], repository.place);
      reported.add(repository.alias);
      return undefined;
    }
    if (text === undefined) {
      const where = found && found !== 'unknown' ? describeFiles(found) : input.describeRepository(source.repository);
      const at = placeOf(reference, scope.source);
      reporter.inFile(at, 'template-not-found', `${source.path} not found in repository ${where}`);
      return undefined;
    }
    const nodes = files.nodes(source, text, shapeName, reporter);
    if (nodes?.kind !== 'mapping') return undefined;
    // An extended template may bring repositories of its own.
    for (const [alias, one] of declaredRepositories(nodes, refText(scope))) repositories.set(alias, one);
    const args = childOf(reference, 'parameters');
    const inner: Omit<Scope, 'parameters'> = {
      source,
      variables: scope.variables,
      locals: new Map(),
      origin: undefined,
      count: (count) => countEvents(count, source.label),
    };
    const parameters = bindParameters(
      childOf(nodes, 'parameters'),
      args?.kind === 'mapping' ? args : undefined,
      {
        isRoot: false,
        positions: true,
        readArgument: reader(scope),
        readDefault: reader({ ...inner, parameters: scope.parameters }),
      },
      reporter,
    );
    const given = args?.kind === 'mapping' ? args : undefined;
    const origin: Origin | undefined = scope.origin && {
      cause: {
        kind,
        file: source.label,
        place: placeOf(reference, scope.source),
        reference: textOf(reference, 'template') ?? '',
        parameters: boundParameters(childOf(nodes, 'parameters'), given, parameters, false),
      },
      outer: scope.origin,
    };
    const innerScope: Scope = { ...inner, parameters, origin };
    const host = makeHost(reporter);
    const content = expandNode(nodes, shapeName, innerScope, host) as Mapping;
    return { content, scope: innerScope };
  };

  const host = makeHost(problems);
  const base: Omit<Scope, 'parameters'> = {
    source: input.source,
    variables: input.variables,
    locals: new Map(),
    origin: undefined,
    count: (count) => countEvents(count, input.source.label),
  };
  const readStructure: StructureReader = (node, shapeName, reporter) =>
    normalizeList(shapeName, expandNode(node, shapeName, { ...base, parameters: noParameters }, makeHost(reporter)));
  const parameters = bindParameters(
    childOf(root, 'parameters'),
    input.parameters,
    { isRoot: true, positions: false, readArgument: readStructure, readDefault: readStructure },
    problems,
  );
  const ownParameters = () => boundParameters(childOf(root, 'parameters'), input.parameters, parameters, true);
  const pipeline: Origin | undefined = input.trace
    ? { cause: { kind: 'pipeline', file: input.source.label, parameters: ownParameters() }, outer: undefined }
    : undefined;
  let scope: Scope = { ...base, parameters, origin: pipeline };
  for (const [alias, one] of declaredRepositories(root, refText(scope))) repositories.set(alias, one);
  let result = expandNode(root, 'pipeline', scope, host) as Mapping;
  for (;;) {
    const at = result.entries.findIndex((entry) => entry.key.kind === 'scalar' && entry.key.text === 'extends');
    const reference = result.entries[at]?.value;
    if (reference?.kind !== 'mapping') return result;
    host.enter(scope.source.label);
    const opened = openTemplate('extends', reference, 'extendsTemplateFile', scope, problems);
    if (!opened) return { ...result, entries: result.entries.toSpliced(at, 1) };
    scope = opened.scope;
    result = { ...result, entries: replaceExtends(result.entries, at, opened.content.entries, problems) };
  }
}

const noParameters: Scope['parameters'] = { kind: 'object', get: () => undefined, entries: () => [] };

/** Where a reference's path is written: always in the file that is being expanded. */
function placeOf(reference: Mapping, source: SourceFile): Place {
  const { line, column } = childOf(reference, 'template') ?? reference;
  return { file: source.label, line, column };
}

function locate(
  reference: Mapping,
  scope: Scope,
  repositories: DeclaredRepositories,
  problems: Problems,
): SourceFile | undefined {
  const written = textOf(reference, 'template') ?? '';
  const target = resolveTemplate(written, scope.source, repositories);
  switch (target.kind) {
    case 'outside':
      problems.inFile(placeOf(reference, scope.source), 'template-path-invalid', target.path);
      return undefined;
    case 'unknown-repository':
      problems.inFile(placeOf(reference, scope.source), 'template-repository-unknown', target.alias);
      return undefined;
    case 'file': {
      const { path, repository } = target;
      if (repository === undefined) return { path, repository, label: path };
      const alias = repositories.get(repository)?.alias ?? repository;
      return { path, repository, label: `${path}@${alias}` };
    }
  }
}

/** Evaluates a repository's `ref` before the walk comes to it; what is wrong with it, the walk says. */
function refText(scope: Scope): (field: Node) => string | undefined {
  return (field) => {
    const value = field.kind === 'template' ? expandText(field, scope, collectProblems()) : field;
    return value.kind === 'scalar' ? value.text : undefined;
  };
}

/** Variables of a template file as list items, whichever form the file has. */
function variableItems(list: Node): readonly Node[] {
  if (list.kind === 'sequence') return list.items;
  if (list.kind !== 'mapping') return [];
  return list.entries.map(({ key, value }) => {
    const entries: Entry[] = [
      { key: textNode('name', key, 'plain'), value: key },
      { key: textNode('value', key, 'plain'), value },
    ];
    return { kind: 'mapping', entries, file: key.file, line: key.line, column: key.column };
  });
}

/** The extended template's keys take the place of `extends`; `resources` are merged, other keys of both are an error. */
function replaceExtends(
  entries: readonly Entry[],
  at: number,
  template: readonly Entry[],
  problems: Problems,
): Entry[] {
  const result = [...entries];
  const added: Entry[] = [];
  for (const entry of template) {
    const name = entry.key.kind === 'scalar' ? entry.key.text : entry.key.raw;
    if (name === 'parameters') continue;
    const own = result.findIndex((one, index) => index !== at && one.key.kind === 'scalar' && one.key.text === name);
    if (own < 0) added.push(entry);
    else if (name === 'resources')
      result[own] = { key: result[own]!.key, value: mergeLists(result[own]!.value, entry.value) };
    // The service finds the clash in a file of its own, at this place (reported by its users); people look at theirs.
    else {
      const prefix = (text: string) => `__built-in-schema.yml (Line: 40, Col: 11): ${text}`;
      problems.add(makeDiagnostic('already-defined', [name], entry.key, prefix));
    }
  }
  result.splice(at, 1, ...added);
  return result;
}

function mergeLists(left: Node, right: Node): Node {
  if (left.kind === 'sequence' && right.kind === 'sequence') return { ...left, items: [...left.items, ...right.items] };
  if (left.kind !== 'mapping' || right.kind !== 'mapping') return left;
  const entries = [...left.entries];
  for (const entry of right.entries) {
    const at = entries.findIndex(
      (one) => one.key.kind === 'scalar' && entry.key.kind === 'scalar' && one.key.text === entry.key.text,
    );
    if (at < 0) entries.push(entry);
    else entries[at] = { key: entries[at]!.key, value: mergeLists(entries[at]!.value, entry.value) };
  }
  return { ...left, entries };
}
