/** What a column of a filter belongs to. */
export type Entity =
  | 'metric'
  | 'param'
  | 'tag'
  | 'attribute'
  | 'dataset'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue';

/** What a search may ask of one kind of thing. The filter's syntax is the same for all of them (client and server source). */
export type SearchGrammar = {
  /** How errors call it. */
  readonly thing: string;
  readonly entities: readonly Entity[];
  readonly attributes: readonly string[];
  /** Those that are numbers; the others are text. */
  readonly numeric: readonly string[];
  /** Attributes that IN and NOT IN apply to; every text one where absent. */
  readonly lists?: readonly string[];
  /** What IS NULL and IS NOT NULL apply to. */
  readonly nulls: readonly Entity[];
  /** Whether RLIKE applies: regular expressions of Python. */
  readonly expressions?: boolean;
  /** Other names of attributes, in lower case. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What may be ordered by; the entities and attributes above where absent. */
  readonly order?: { readonly entities: readonly Entity[]; readonly attributes: readonly string[] };
};

export const RUN_SEARCH: SearchGrammar = {
  thing: 'runs',
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
  attributes: ['run_id', 'run_name', 'user_id', 'status', 'start_time', 'end_time', 'artifact_uri', 'experiment_id'],
  numeric: ['start_time', 'end_time'],
  nulls: ['param', 'tag'],
  aliases: { created: 'start_time', 'run name': 'run_name', 'run id': 'run_id', name: 'run_name' },
  order: {
    entities: ['metric', 'param', 'tag', 'attribute'],
    attributes: ['run_id', 'run_name', 'user_id', 'status', 'start_time', 'end_time', 'artifact_uri', 'experiment_id'],
  },
};

const EXPERIMENT_ATTRIBUTES = ['name', 'experiment_id', 'creation_time', 'last_update_time'];

export const EXPERIMENT_SEARCH: SearchGrammar = {
  thing: 'experiments',
  entities: ['tag', 'attribute'],
  attributes: EXPERIMENT_ATTRIBUTES,
  numeric: ['creation_time', 'last_update_time'],
  lists: ['experiment_id'],
  nulls: ['tag'],
  aliases: {},
  order: { entities: ['attribute'], attributes: EXPERIMENT_ATTRIBUTES },
};

export const REGISTERED_MODEL_SEARCH: SearchGrammar = {
  thing: 'registered models',
  entities: ['tag', 'attribute'],
  attributes: ['name'],
  numeric: ['creation_timestamp', 'last_updated_timestamp'],
  lists: ['name'],
  nulls: [],
  aliases: { timestamp: 'last_updated_timestamp' },
  order: { entities: ['attribute'], attributes: ['name', 'creation_timestamp', 'last_updated_timestamp'] },
};

export const MODEL_VERSION_SEARCH: SearchGrammar = {
  thing: 'model versions',
  entities: ['tag', 'attribute'],
  attributes: ['name', 'version_number', 'run_id', 'source_path'],
  numeric: ['version_number', 'creation_timestamp', 'last_updated_timestamp'],
  lists: ['name', 'run_id'],
  nulls: [],
  aliases: {},
  order: {
    entities: ['attribute'],
    attributes: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'],
  },
};

const MODEL_TIMES = ['creation_timestamp', 'last_updated_timestamp'];

export const LOGGED_MODEL_SEARCH: SearchGrammar = {
  thing: 'logged models',
  entities: ['metric', 'param', 'tag', 'attribute'],
  attributes: ['name', 'model_id', 'model_type', 'status', 'source_run_id', 'experiment_id', ...MODEL_TIMES],
  numeric: MODEL_TIMES,
  nulls: [],
  aliases: { creation_time: 'creation_timestamp', last_updated_time: 'last_updated_timestamp' },
  order: {
    entities: ['metric', 'attribute'],
    attributes: ['name', 'model_id', 'model_type', 'status', 'source_run_id', ...MODEL_TIMES],
  },
};

const DATASET_TIMES = ['created_time', 'last_update_time'];

export const DATASET_SEARCH: SearchGrammar = {
  thing: 'datasets',
  entities: ['tag', 'attribute'],
  attributes: ['name', ...DATASET_TIMES, 'created_by', 'last_updated_by'],
  numeric: DATASET_TIMES,
  lists: ['name'],
  nulls: [],
  aliases: {},
  order: { entities: ['attribute'], attributes: ['name', ...DATASET_TIMES] },
};

const TRACE_NUMBERS = ['timestamp_ms', 'execution_time_ms', 'end_time_ms'];

export const TRACE_SEARCH: SearchGrammar = {
  thing: 'traces',
  entities: ['tag', 'metadata', 'attribute', 'span', 'feedback', 'expectation', 'issue'],
  attributes: ['request_id', 'client_request_id', 'status', 'name', 'run_id', 'prompt', 'text', ...TRACE_NUMBERS],
  numeric: TRACE_NUMBERS,
  lists: ['name', 'status', 'request_id', 'run_id', 'client_request_id'],
  nulls: ['tag', 'metadata', 'feedback', 'expectation'],
  expressions: true,
  aliases: {
    timestamp: 'timestamp_ms',
    execution_time: 'execution_time_ms',
    end_time: 'end_time_ms',
    trace_id: 'request_id',
    id: 'request_id',
    state: 'status',
  },
  order: {
    entities: ['tag', 'metadata', 'attribute'],
    attributes: ['request_id', 'experiment_id', 'status', 'name', 'run_id', ...TRACE_NUMBERS],
  },
};

export const ISSUE_SEARCH: SearchGrammar = {
  thing: 'issues',
  entities: ['attribute'],
  attributes: ['status', 'source_run_id'],
  numeric: [],
  lists: [],
  nulls: [],
  aliases: {},
};
