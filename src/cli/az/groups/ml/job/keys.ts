import {
  any,
  type Field,
  flag,
  listOf,
  mapOf,
  number,
  oneOf,
  openShaped,
  type Shape,
  shaped,
  text,
  texts,
  whole,
  word,
} from '../load/shape.ts';

// What each kind of YAML mapping may hold (documented schemas). Keys that only a dump holds are known, and dropped.

export const DATA_TYPES = ['uri_file', 'uri_folder', 'mltable', 'mlflow_model', 'custom_model', 'triton_model'];

/** Data that a job is given by its path. */
export const DATA: Field = shaped({ 'path!': text, type: text, mode: text });

const JOB: Shape = {
  type: text,
  name: text,
  display_name: text,
  description: text,
  tags: texts,
  properties: texts,
  experiment_name: text,
  compute: text,
  identity: shaped({
    'type!': word('managed', 'managed_identity', 'aml_token', 'user_identity', 'user'),
    client_id: text,
    object_id: text,
    msi_resource_id: text,
    resource_id: text,
  }),
  services: mapOf(
    shaped({
      type: text,
      job_service_type: text,
      port: whole,
      nodes: text,
      properties: mapOf(any),
      log_dir: text,
      ssh_public_keys: text,
      endpoint: text,
      status: text,
      error_message: text,
    }),
  ),
  notification_setting: any,
};
const DUMPED: Shape = {
  id: text,
  creation_context: any,
  status: text,
  parameters: any,
  resourceGroup: text,
  log_files: any,
};
// The members of inputs and outputs are judged where their names are (interface.ts).
const PORTS: Shape = { inputs: any, outputs: any };
export const RESOURCES: Shape = {
  instance_count: whole,
  instance_type: oneOf(text, listOf(text)),
  properties: mapOf(any),
  locations: listOf(text),
  shm_size: text,
  max_instance_count: whole,
  docker_args: oneOf(text, listOf(text)),
};
const queue = shaped({
  job_tier: word('null', 'spot', 'basic', 'standard', 'premium'),
  priority: oneOf(word('low', 'medium', 'high'), whole),
});
const distribution = shaped({
  'type!': word('mpi', 'pytorch', 'tensorflow', 'ray'),
  process_count_per_instance: whole,
  parameter_server_count: whole,
  worker_count: whole,
  port: whole,
  address: text,
  include_dashboard: flag,
  dashboard_port: whole,
  head_node_additional_args: text,
  worker_node_additional_args: text,
});

/** What runs a command: a job, a node, a component and a sweep's trial hold it. */
const COMMAND: Shape = {
  command: text,
  environment: oneOf(text, mapOf(any)),
  code: text,
  environment_variables: texts,
  resources: shaped(RESOURCES),
  distribution,
  queue_settings: queue,
};

export const COMMAND_JOB: Shape = {
  ...JOB,
  ...DUMPED,
  ...PORTS,
  ...COMMAND,
  limits: shaped({ timeout: whole }),
  parent_job_name: text,
};

/** What a sweep job's trial holds. */
export const TRIAL: Shape = { ...COMMAND };

/** What jobs and nodes of every type hold. */
export const ANY_JOB: Shape = { ...JOB, ...DUMPED, ...PORTS, queue_settings: queue, resources: shaped(RESOURCES) };

export const SETTINGS: Shape = {
  default_compute: text,
  default_datastore: text,
  continue_on_step_failure: flag,
  continue_run_on_failed_optional_input: flag,
  force_rerun: flag,
  on_init: text,
  on_finalize: text,
};

export const PIPELINE_JOB: Shape = {
  ...JOB,
  ...DUMPED,
  ...PORTS,
  settings: openShaped(SETTINGS),
  jobs: any,
  component: oneOf(text, mapOf(any)),
};

export const NODE: Shape = { ...COMMAND_JOB, component: any, comment: text, is_deterministic: flag };

export const COMPONENT: Shape = {
  name: text,
  version: text,
  type: text,
  display_name: text,
  description: text,
  tags: texts,
  properties: mapOf(any),
  is_deterministic: flag,
  ...PORTS,
  id: text,
  creation_context: any,
};

export const COMMAND_COMPONENT: Shape = {
  ...COMPONENT,
  ...COMMAND,
  limits: shaped({ timeout: whole }),
  additional_includes: listOf(any),
};

export const PIPELINE_COMPONENT: Shape = { ...COMPONENT, jobs: any, settings: any };

const literal = oneOf(text);
export const INPUT: Shape = {
  type: text,
  path: text,
  mode: word('ro_mount', 'rw_mount', 'mount', 'download', 'direct', 'eval_mount', 'eval_download'),
  default: literal,
  optional: flag,
  description: text,
  min: oneOf(number, text),
  max: oneOf(number, text),
  enum: listOf(text),
  path_on_compute: text,
  value: any,
};
export const OUTPUT: Shape = {
  type: text,
  path: text,
  mode: word('rw_mount', 'mount', 'upload', 'direct'),
  name: text,
  version: text,
  description: text,
  path_on_compute: text,
  early_available: flag,
  is_control: flag,
};
