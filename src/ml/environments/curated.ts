/**
 * What a curated image holds: its Python and its packages, in the image's own versions. A new image is a line here.
 * Versions are those of the public images (documented); what an image carries for GPUs, notebooks and debuggers is left out, and `leftOut`
 * names what a script might miss, so that the build log can say so.
 */
export type CuratedImage = {
  readonly python: string;
  readonly requirements: readonly string[];
  readonly leftOut: readonly string[];
};

// `mlflow-skinny` is the mlflow client without its tracking server, web page and database layer: a sixth of the size. With pandas, numpy and
// scikit-learn beside it autolog, log_model, save_model, load_model and artifacts work unchanged. 2.18 is of the time of these images; later
// ones load another vendor's SDK at every import (4 s instead of 1.7 s), and 3 no longer supports the images' scikit-learn and pandas.
const MLFLOW = 'mlflow-skinny~=2.18.0';

// The last one for Python 3.8.
const MLFLOW_FOR_3_8 = 'mlflow-skinny~=2.17.0';

// The v1 SDK (`azureml.core`) brings some 60 packages; jobs that use mlflow do not need it.
const SDK_V1 = ['azureml-core', 'azureml-defaults', 'azureml-mlflow', 'azureml-telemetry'];

const SKLEARN_PINS = [
  'scikit-learn~=1.5.0',
  'pandas~=1.5.3',
  'numpy~=1.22.0',
  'scipy~=1.10.0',
  'joblib~=1.2.0',
  'matplotlib~=3.5.0',
  'psutil',
  // For mlflow's check of a model's input example, as a server would get it.
  'flask',
];

export const curatedImages: Readonly<Record<string, CuratedImage>> = {
  'sklearn-1.5': {
    python: '3.10',
    requirements: [...SKLEARN_PINS, MLFLOW],
    leftOut: [...SDK_V1, 'azureml-inference-server-http', 'pyarrow', 'tensorboard', 'ipykernel', 'debugpy'],
  },
  'lightgbm-3.3': {
    python: '3.10',
    requirements: [
      'lightgbm>=4.6',
      'xgboost~=1.7.6',
      'scikit-learn~=1.5.0',
      'pandas~=1.5.3',
      'numpy~=1.22.0',
      'scipy~=1.10.0',
      'psutil',
      MLFLOW,
    ],
    leftOut: [...SDK_V1, 'distributed', 'adlfs', 'azureml-inference-server-http'],
  },
  'acpt-pytorch-2.8-cuda12.6': {
    python: '3.10',
    requirements: ['torch==2.8.*', 'transformers', 'tensorboard', 'numpy', 'pandas', 'scikit-learn', 'psutil', MLFLOW],
    leftOut: [...SDK_V1, 'CUDA and its libraries beyond those that torch brings', 'deepspeed', 'onnxruntime-training'],
  },
  'tensorflow-2.16-cuda12': {
    python: '3.11',
    requirements: [
      'tensorflow==2.16.2',
      'tf-keras~=2.16.0',
      'keras~=3.0',
      'tensorflow-datasets',
      'pandas~=2.2.0',
      'numpy~=1.23',
      'scikit-learn',
      'psutil',
      MLFLOW,
    ],
    leftOut: [...SDK_V1, 'horovod', 'Open MPI', 'CUDA'],
  },
  'responsibleai-tabular': {
    python: '3.10',
    requirements: ['responsibleai', 'raiwidgets', 'scikit-learn', 'pandas', 'numpy', MLFLOW],
    leftOut: SDK_V1,
  },
  'minimal-py311-inference': {
    python: '3.11',
    requirements: ['azureml-inference-server-http'],
    leftOut: ['azureml-defaults'],
  },
  'minimal-py312-cuda12.4-inference': {
    python: '3.12',
    requirements: ['azureml-inference-server-http'],
    leftOut: ['azureml-defaults', 'CUDA'],
  },
  'mlflow-py312-inference': {
    python: '3.12',
    requirements: ['mlflow-skinny', 'scikit-learn', 'pandas', 'azureml-inference-server-http~=1.4.1'],
    leftOut: [],
  },
  'sklearn-1.1-ubuntu20.04-py38-cpu': {
    python: '3.8',
    requirements: [
      'scikit-learn~=1.1.0',
      'pandas~=1.1',
      'numpy~=1.21',
      'scipy~=1.7',
      'matplotlib~=3.5',
      'psutil',
      MLFLOW_FOR_3_8,
    ],
    leftOut: SDK_V1,
  },
  'sklearn-1.0-ubuntu20.04-py38-cpu': {
    python: '3.8',
    requirements: [
      'scikit-learn~=1.0.0',
      'pandas~=1.1',
      'numpy~=1.21',
      'scipy~=1.7',
      'matplotlib~=3.5',
      'psutil',
      MLFLOW_FOR_3_8,
    ],
    leftOut: SDK_V1,
  },
  'minimal-ubuntu20.04-py38-cpu-inference': {
    python: '3.8',
    requirements: ['azureml-inference-server-http'],
    leftOut: ['azureml-defaults'],
  },
};

/**
 * The table's name for whatever a job calls a curated environment: `AzureML-sklearn-1.5`, `sklearn-1.5`, `azureml:AzureML-sklearn-1.5@latest`,
 * `azureml://registries/azureml/environments/sklearn-1.5/labels/latest`, `mcr.microsoft.com/azureml/curated/sklearn-1.5:12`.
 * @returns undefined for what is not in the table
 */
export function curatedNameOf(
  reference: string,
  table: Readonly<Record<string, CuratedImage>> = curatedImages,
): string | undefined {
  const name = plainNameOf(reference);
  return Object.keys(table).find((key) => key.toLowerCase() === name);
}

/** A curated name without what it is written with, in lower case. */
function plainNameOf(reference: string): string {
  const inRegistry = /^azureml:\/\/registries\/azureml\/environments\/([^/]+)/i.exec(reference)?.[1];
  const inImage = /^mcr\.microsoft\.com\/azureml\/curated\/([^:@]+)/i.exec(reference)?.[1];
  return (inRegistry ?? inImage ?? reference.replace(/^azureml:(?!\/)/i, ''))
    .replace(/[@:].*$/, '')
    .replace(/^AzureML-/i, '')
    .toLowerCase();
}

/** `acpt-pytorch-2.8-cuda12.6`: its family `pytorch`, its version 2.8. */
function familyOf(name: string): { family: string; version?: number } {
  const [, family = name, major, minor = '0'] = /^(?:acpt-)?([a-z]+)(?:-(\d+)\.(\d+))?(?:[-.]|$)/.exec(name) ?? [];
  return major === undefined ? { family } : { family, version: Number(major) * 1000 + Number(minor) };
}

/**
 * What stands in for a curated image that is not in the table: of its family (`sklearn`, `pytorch`, `tensorflow`, …) the one of its version, else the next newer
 * one, else the newest. The public examples name images that have been withdrawn, and scripts for them mostly run with a later one.
 * @returns the table's name, and whether it is of the same version; undefined where the family has none
 */
export function standInFor(
  reference: string,
  table: Readonly<Record<string, CuratedImage>> = curatedImages,
): { readonly name: string; readonly sameVersion: boolean } | undefined {
  const wanted = familyOf(plainNameOf(reference));
  const all = Object.keys(table)
    .map((name) => ({ name, ...familyOf(name.toLowerCase()) }))
    .filter(({ family }) => family === wanted.family);
  if (wanted.version === undefined) return all[0] && { name: all[0].name, sameVersion: false };
  const { version: asked } = wanted;
  const ordered = all.toSorted((a, b) => (a.version ?? 0) - (b.version ?? 0));
  const found = ordered.find(({ version = 0 }) => version >= asked) ?? ordered.at(-1);
  return found && { name: found.name, sameVersion: found.version === asked };
}
