type Location = {
  readonly id: string;
  readonly area: string;
  readonly resourceName: string;
  readonly routeTemplate: string;
  readonly resourceVersion: number;
  readonly minVersion: string;
  readonly maxVersion: string;
  readonly releasedVersion: string;
};

const row = (
  id: string,
  area: string,
  resourceName: string,
  route: string,
  resourceVersion: number,
  released = '7.1',
): Location => ({
  id,
  area,
  resourceName,
  routeTemplate: route,
  resourceVersion,
  minVersion: '1.0',
  maxVersion: '7.2',
  releasedVersion: released,
});

/** The resources that answer here, by the ids that clients look them up with (recorded). A resource that isn't listed is not implemented. */
export const LOCATIONS: readonly Location[] = [
  row('00d9565f-ed9c-4a06-9a50-00e7896ccab4', 'Location', 'ConnectionData', '_apis/{resource}', 1, '0.0'),
  row('e81700f7-3be2-46de-8624-2eb35882fcaa', 'Location', 'ResourceAreas', '_apis/{resource}/{areaId}', 1),
  row('603fe2ac-9723-48b9-88ad-09305aa6c6e1', 'core', 'projects', '_apis/{resource}/{*projectId}', 4),
  row('0cd358e1-9217-4d94-8269-1c1ee6f93dcf', 'Build', 'Builds', '{project}/_apis/build/{resource}/{buildId}', 7),
  row(
    'dbeaf647-6167-421a-bda9-c9327b25e2e6',
    'Build',
    'Definitions',
    '{project}/_apis/build/{resource}/{definitionId}',
    7,
  ),
  row(
    '6e6114b2-8161-44c8-8f6c-c5505782427f',
    'build',
    'tags',
    '{project}/_apis/build/builds/{buildId}/{resource}/{*tag}',
    3,
  ),
  row(
    '1db06c96-014e-44e1-ac91-90b2d4b3e984',
    'build',
    'artifacts',
    '{project}/_apis/build/builds/{buildId}/{resource}/{artifactName}',
    5,
  ),
  row(
    '8baac422-4c6e-4de5-8532-db96d92acffa',
    'build',
    'Timeline',
    '{project}/_apis/build/builds/{buildId}/{resource}/{timelineId}',
    3,
  ),
  row(
    '35a80daf-7f30-45fc-86e8-6b813d9c90df',
    'build',
    'logs',
    '{project}/_apis/build/builds/{buildId}/{resource}/{logId}',
    2,
  ),
  row('28e1305e-2afe-47bf-abaf-cbb0e6a91988', 'Pipelines', 'Pipelines', '{project}/_apis/{resource}/{pipelineId}', 1),
  row(
    '7859261e-d2e9-4a68-b820-a5d84cc5bb3d',
    'Pipelines',
    'runs',
    '{project}/_apis/Pipelines/{pipelineId}/{resource}/{runId}',
    2,
  ),
  row(
    '53df2d18-29ea-46a9-bee0-933540f80abf',
    'Pipelines',
    'preview',
    '{project}/_apis/pipelines/{pipelineId}/{resource}',
    2,
  ),
  row(
    'e85f1c62-adfc-4b74-b618-11a150fb195e',
    'serviceendpoint',
    'endpoints',
    '{project}/_apis/{area}/{resource}/{endpointId}',
    4,
  ),
  row('a8c47e17-4d56-4a56-92bb-de7ea7dc65be', 'distributedtask', 'pools', '_apis/{area}/{resource}/{poolId}', 1),
  row(
    '900fa995-c559-4923-aae7-f8424fe4fbea',
    'distributedtask',
    'queues',
    '{project}/_apis/{area}/{resource}/{queueId}',
    1,
  ),
  row(
    'e298ef32-5878-4cab-993c-043836571f42',
    'distributedtask',
    'agents',
    '_apis/{area}/pools/{poolId}/{resource}/{agentId}',
    1,
  ),
  row(
    '134e239e-2df3-4794-a6f6-24f1f19ec8dc',
    'distributedtask',
    'sessions',
    '_apis/{area}/pools/{poolId}/{resource}/{sessionId}',
    1,
  ),
  row(
    'c3a054f6-7a8a-49c0-944e-3a8e5d7adfd7',
    'distributedtask',
    'messages',
    '_apis/{area}/pools/{poolId}/{resource}/{messageId}',
    1,
  ),
  row(
    'fc825784-c92a-4299-9221-998a02d1b54f',
    'distributedtask',
    'jobrequests',
    '_apis/{area}/pools/{poolId}/{resource}/{requestId}',
    1,
  ),
  row(
    '557624af-b29e-4c20-8ab0-0399d2204f3f',
    'distributedtask',
    'events',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/{resource}',
    1,
  ),
  row(
    '8893bc5b-35b2-4be7-83cb-99e683551db4',
    'distributedtask',
    'records',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/timelines/{timelineId}/{resource}/{recordId}',
    2,
  ),
  row(
    '858983e4-19bd-4c5e-864c-507b59b58b12',
    'distributedtask',
    'feed',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/timelines/{timelineId}/records/{recordId}/{resource}',
    1,
  ),
  row(
    '46f5667d-263a-4684-91b1-dff7fdcf64e2',
    'distributedtask',
    'logs',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/{resource}/{logId}',
    1,
  ),
  row(
    '7898f959-9cdf-4096-b29e-7f293031629e',
    'distributedtask',
    'attachments',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/timelines/{timelineId}/records/{recordId}/{resource}/{type}/{name}',
    1,
  ),
  row('1f9990b9-1dba-441f-9c2e-6485888c42b6', 'distributedtask', 'yamlschema', '_apis/{area}/{resource}', 1),
  row(
    '69a319f4-28c1-4bfd-93e6-ea0ff5c6f1a2',
    'distributedtask',
    'oidctoken',
    '{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/jobs/{jobId}/{resource}',
    1,
  ),
];
