/** The keys that each kind of YAML mapping may hold (documented schemas; read-only keys that a dump holds are dropped). */
const JOB = [
  'name',
  'display_name',
  'description',
  'tags',
  'properties',
  'experiment_name',
  'compute',
  'identity',
  'services',
  'type',
];
const DUMPED = ['id', 'creation_context', 'status', 'parameters', 'resourceGroup', 'log_files'];

export const COMMAND_JOB = [
  ...JOB,
  ...DUMPED,
  'command',
  'environment',
  'code',
  'environment_variables',
  'inputs',
  'outputs',
  'resources',
  'distribution',
  'limits',
  'queue_settings',
  'parent_job_name',
  'notification_setting',
];

export const PIPELINE_JOB = [
  ...JOB,
  ...DUMPED,
  'inputs',
  'outputs',
  'settings',
  'jobs',
  'component',
  'notification_setting',
];

export const NODE = [...COMMAND_JOB, 'component', 'comment', 'is_deterministic'];

export const COMMAND_COMPONENT = [
  'name',
  'version',
  'type',
  'display_name',
  'description',
  'tags',
  'is_deterministic',
  'inputs',
  'outputs',
  'command',
  'code',
  'environment',
  'resources',
  'distribution',
  'limits',
  'environment_variables',
  'additional_includes',
  'properties',
  'id',
  'creation_context',
];

export const PIPELINE_COMPONENT = [
  'name',
  'version',
  'type',
  'display_name',
  'description',
  'tags',
  'inputs',
  'outputs',
  'jobs',
  'is_deterministic',
  'properties',
  'settings',
  'id',
  'creation_context',
];

export const INPUT = [
  'type',
  'path',
  'mode',
  'default',
  'optional',
  'description',
  'min',
  'max',
  'enum',
  'path_on_compute',
  'value',
];
export const OUTPUT = ['type', 'path', 'mode', 'name', 'version', 'description', 'path_on_compute', 'early_available'];
export const SETTINGS = [
  'default_compute',
  'default_datastore',
  'continue_on_step_failure',
  'continue_run_on_failed_optional_input',
  'force_rerun',
  'on_init',
  'on_finalize',
];
export const DATA_TYPES = ['uri_file', 'uri_folder', 'mltable', 'mlflow_model', 'custom_model', 'triton_model'];
