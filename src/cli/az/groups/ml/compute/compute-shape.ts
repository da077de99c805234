import { any, flag, listOf, mapOf, oneOf, type Shape, shaped, text, texts, whole, word } from '../load/shape.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';
import { TRIGGER } from '../schedule/trigger-wire.ts';

const COMPUTE: Shape = {
  name: text,
  'type!': text,
  location: text,
  description: text,
  tags: texts,
  resource_id: text,
  // Of a dump alone.
  id: text,
  provisioning_state: text,
  provisioning_errors: any,
  created_on: text,
};
const identity = shaped({
  type: word('system_assigned', 'user_assigned', 'none', 'system_assigned,user_assigned'),
  user_assigned_identities: listOf(
    shaped({ resource_id: text, principal_id: text, client_id: text, tenant_id: text, object_id: text }),
  ),
  principal_id: text,
  tenant_id: text,
});
const network = shaped({ vnet_name: text, subnet: text, public_ip_address: text, private_ip_address: text });
const script = shaped({ path: text, command: text, timeout_minutes: whole });

/** What a YAML file of each kind of compute may hold (documented schemas), by its type in lower case. */
export const COMPUTE_SHAPES: Readonly<Record<string, Shape>> = {
  amlcompute: {
    ...COMPUTE,
    size: text,
    tier: word('dedicated', 'low_priority'),
    min_instances: whole,
    max_instances: whole,
    idle_time_before_scale_down: whole,
    ssh_public_access_enabled: flag,
    ssh_settings: shaped({ admin_username: text, admin_password: text, ssh_key_value: text }),
    network_settings: network,
    identity,
    enable_node_public_ip: flag,
  },
  computeinstance: {
    ...COMPUTE,
    size: text,
    network_settings: network,
    create_on_behalf_of: shaped({ user_tenant_id: text, user_object_id: text }),
    ssh_settings: shaped({ ssh_key_value: text, admin_username: text, ssh_port: text }),
    ssh_public_access_enabled: flag,
    schedules: shaped({
      compute_start_stop: listOf(
        shaped({
          trigger: shaped(TRIGGER),
          'action!': word('start', 'stop'),
          state: word('enabled', 'disabled'),
          schedule_id: text,
          provisioning_state: text,
        }),
      ),
    }),
    identity,
    idle_time_before_shutdown: text,
    idle_time_before_shutdown_minutes: whole,
    custom_applications: listOf(
      shaped({
        'name!': text,
        type: word('docker'),
        image: shaped({ reference: text }),
        endpoints: listOf(shaped({ target: whole, published: whole })),
        environment_variables: mapOf(oneOf(text)),
        bind_mounts: listOf(shaped({ source: text, target: text })),
      }),
    ),
    setup_scripts: shaped({ creation_script: script, startup_script: script }),
    enable_node_public_ip: flag,
    enable_sso: flag,
    enable_root_access: flag,
    release_quota_on_stop: flag,
    enable_os_patching: flag,
    state: text,
    last_operation: any,
    services: any,
    os_image_metadata: any,
  },
  kubernetes: { ...COMPUTE, 'resource_id!': text, namespace: text, properties: mapOf(any), identity },
  virtualmachine: {
    ...COMPUTE,
    'resource_id!': text,
    compute_location: text,
    ssh_settings: shaped({ admin_username: text, admin_password: text, ssh_port: whole, ssh_private_key_file: text }),
  },
};

/** A compute's type as the shapes know it. */
export const computeTypeOf = (data: YamlMap): string => pythonText(data['type'] ?? '').toLowerCase();

/** The shape for what a mapping says it is. An unknown type is judged by the one key that tells it. */
export const computeShape = (data: YamlMap): Shape =>
  COMPUTE_SHAPES[computeTypeOf(data)] ?? {
    ...Object.fromEntries(Object.keys(data).map((key) => [key, any])),
    'type!': word(...Object.keys(COMPUTE_SHAPES)),
  };
