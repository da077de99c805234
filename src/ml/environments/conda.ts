import { parse } from 'yaml';
import { invalid, limitExceeded } from '../../kernel/errors.ts';
import { requirementLines } from './dockerfile.ts';
import { canonicalName, parseRequirement } from './requirement.ts';
import type { PythonSpec } from './spec.ts';

const TEXT_LIMIT = 1024 * 1024;
const ENTRY_LIMIT = 2000;

/** Conda packages that PyPI has under another name. */
const RENAMED: Readonly<Record<string, string>> = {
  pytorch: 'torch',
  'pytorch-cpu': 'torch',
  'pytorch-gpu': 'torch',
  'pytorch-lightning': 'pytorch-lightning',
  'tensorflow-gpu': 'tensorflow',
  'matplotlib-base': 'matplotlib',
  'py-xgboost': 'xgboost',
  'py-opencv': 'opencv-python-headless',
  opencv: 'opencv-python-headless',
  'python-graphviz': 'graphviz',
  'msgpack-python': 'msgpack',
  pytables: 'tables',
  'dask-core': 'dask',
  ruamel_yaml: 'ruamel.yaml',
  importlib_metadata: 'importlib-metadata',
};

/** Conda packages that a Python package index does not have and a wheel does not need: compilers, drivers, libraries that wheels carry. */
const NOT_PYTHON =
  /^(?:_.*|lib.*|cuda.*|cudatoolkit|cudnn|nccl|pytorch-cuda|pytorch-mutex|mkl|mkl-service|intel-openmp|blas|openblas|openmpi|mpich|gcc.*|gxx.*|g\+\+.*|clang.*|make|cmake|ninja|git|openssl|ca-certificates|nodejs|openjdk|readline|zlib|sqlite|ncurses|tk|xz|conda|mamba|nomkl|r-.*)$/;

/**
 * Reads a conda environment file as a Python environment from a package index.
 * @param text YAML (or JSON, which YAML includes): `name`, `channels`, `dependencies` with a `pip` list inside
 * @throws invalid for text that isn't a conda file, for `-r`, `-e` and local paths (a job's environment holds no files); limit when it is too large
 */
export function parseConda(text: string): PythonSpec {
  if (text.length > TEXT_LIMIT)
    throw limitExceeded('The conda file is larger than 1 MiB. Leave out what the job does not need.');
  const listed = listedPackages(text);
  if (listed) {
    const spec: Draft = { python: '', requirements: [], options: [], warnings: [], notes: [] };
    readPipList(listed, spec);
    return { ...spec, python: undefined };
  }
  const document = readYaml(text);
  const dependencies = (document as { dependencies?: unknown } | null)?.dependencies;
  if (!Array.isArray(dependencies))
    throw invalid("The conda file has no list 'dependencies'.", { target: 'condaFile' });
  const spec = {
    python: '',
    requirements: [] as string[],
    options: [] as string[],
    warnings: [] as string[],
    notes: [] as string[],
  };
  for (const entry of dependencies) {
    if (typeof entry === 'string') readCondaEntry(entry, spec);
    else if (Array.isArray((entry as { pip?: unknown } | null)?.pip))
      readPipList((entry as { pip: unknown[] }).pip, spec);
    else
      throw invalid(`The conda file's dependency ${JSON.stringify(entry)} is neither a package nor a 'pip' list.`, {
        target: 'condaFile',
      });
  }
  if (spec.requirements.length > ENTRY_LIMIT)
    throw limitExceeded(`The conda file names more than ${ENTRY_LIMIT} packages.`);
  return { ...spec, python: spec.python === '' ? undefined : spec.python };
}

/** The lines of a requirements file, which some hand over in a conda file's place; a client may have folded them to one. Undefined for any other text. */
function listedPackages(text: string): string[] | undefined {
  const isPackages = (words: readonly string[]) => words.every((word) => parseRequirement(word) !== undefined);
  const lines: string[] = [];
  for (const line of requirementLines(text)) {
    const words = line.split(/\s+/);
    if (parseRequirement(line) || /^--?[a-z]/.test(line)) lines.push(line);
    else if (isPackages(words)) lines.push(...words);
    else return undefined;
  }
  return lines.length > 0 ? lines : undefined;
}

type Draft = { python: string; requirements: string[]; options: string[]; warnings: string[]; notes: string[] };

function readYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(`The conda file is not YAML: ${(cause as Error).message}`, { target: 'condaFile', cause });
  }
}

/** `numpy`, `numpy=1.22`, `numpy==1.22.4`, `numpy>=1.2,<2`, `conda-forge::numpy`, `numpy=1.22.4=py310_0`, `numpy 1.22.*`. */
function readCondaEntry(entry: string, spec: Draft): void {
  const bare = entry
    .trim()
    .replace(/^[\w./-]+::/, '')
    .replace(/\[.*\]$/, '');
  const match = /^([\w.+-]+)\s*(.*)$/.exec(bare);
  if (!match)
    throw invalid(`The conda dependency '${entry.slice(0, 200)}' is not a package name.`, { target: 'condaFile' });
  const conda = (match[1] as string).toLowerCase();
  const specifier = condaSpecifier((match[2] as string).trim(), entry, spec);
  if (conda === 'python') {
    spec.python = specifier;
    return;
  }
  if (['pip', 'setuptools', 'wheel', 'virtualenv'].includes(conda) && specifier === '') return;
  if (NOT_PYTHON.test(conda)) {
    spec.notes.push(`'${conda}' of the conda file is not a Python package: left out.`);
    return;
  }
  spec.requirements.push(`${RENAMED[conda] ?? canonicalName(conda)}${specifier}`);
}

/** Conda's ranges in PEP 440's words: one `=` means "begins with". */
function condaSpecifier(text: string, entry: string, spec: Draft): string {
  if (text === '' || text === '*') return '';
  if (text.includes('|')) {
    spec.warnings.push(`The alternatives in '${entry}' have no equal for pip: any version is taken.`);
    return '';
  }
  const compact = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s*,\s*/g, ',')
    .replaceAll(/([<>=!~]=?)\s+/g, '$1');
  const fuzzy = /^=?([0-9][\w.!+]*?)(?:\.\*|\*)?(?:[= ][\w.*]+)?$/.exec(compact);
  if (fuzzy) return `==${fuzzy[1]}.*`;
  const build = /^==([0-9][\w.!+]*)(?:[= ]\S+)?$/.exec(compact);
  if (build) return `==${build[1]}`;
  return compact
    .split(',')
    .map((part) => part.replace(/^=(?!=)(.*?)(?:\.\*)?$/, '==$1.*').replace(/^(?=\d)(.*?)(?:\.\*)?$/, '==$1.*'))
    .join(',');
}

const INDEX_OPTION =
  /^(--(?:extra-index-url|index-url|find-links|trusted-host|pre|no-binary|only-binary|prefer-binary)\b|-i\b|-f\b)/;

/** The lines below `pip:`, as a requirements file holds them. */
function readPipList(lines: readonly unknown[], spec: Draft): void {
  for (const value of lines) {
    const line = String(value)
      .replace(/(^|\s)#.*$/, '')
      .trim();
    if (line === '') continue;
    if (INDEX_OPTION.test(line)) spec.options.push(line);
    else if (line.startsWith('-'))
      throw invalid(
        `'${line.slice(0, 200)}' in the conda file's pip list needs files that an environment does not carry. List the packages themselves.`,
        { target: 'condaFile' },
      );
    else if (/^(?:\.{1,2}(?:[\\/]|$)|\/|~|file:)/.test(line) || /@\s*file:/.test(line))
      throw invalid(`'${line.slice(0, 200)}' is a path on some machine. Name a package of an index, or a URL.`, {
        target: 'condaFile',
      });
    else spec.requirements.push(line);
  }
}
