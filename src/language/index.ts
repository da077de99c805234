// The public face of the language: text in, plan or diagnostics out. No I/O, no clock; runs in a browser too.
export type { FileProvider } from './2-expand/files.ts';
export {
  chooseForRepository,
  inlineRepository,
  type RepositoryDeclaration,
  type RepositoryFiles,
} from './2-expand/repositories.ts';
export type { ResourceCatalog } from './3-plan/judge-resources.ts';
export type {
  Plan,
  PlanDeployment,
  PlanHook,
  PlanJob,
  PlanLeg,
  PlanPool,
  PlanRepository,
  PlanStage,
  PlanStep,
  PlanVariable,
} from './3-plan/plan.ts';
export type { ServiceTask, TaskCatalog, TaskManifestLike } from './3-plan/task-catalog.ts';
export { unusedForRepositories } from './3-plan/unused-repositories.ts';
export { ruleHolds } from './3-plan/visible-rule.ts';
export { type CompileInput, type CompileResult, compile, type Expanded } from './compile.ts';
export {
  type Diagnostic,
  type DiagnosticCode,
  diagnosticTexts,
  formatDiagnostic,
  makeDiagnostic,
  serviceMessage,
} from './diagnostics.ts';
export { explain } from './explain/explain.ts';
export type {
  Explanation,
  ExpressionPart,
  Link,
  Macro,
  Parameter,
  Property,
} from './explain/explanation.ts';
export { findPart, listParts, type Part, type UnknownPart } from './explain/find-part.ts';
export type { Knowledge } from './explain/known-variables.ts';
export type { RunJob, RunLeg, RunRecord, RunStage, RunVariables } from './explain/run-record.ts';
export { partYaml, type SourceLine, sourceMap } from './explain/source-map.ts';
export { type Limits, serviceLimits } from './limits.ts';
export type { Position } from './position.ts';
export {
  expandRunName,
  formatDate,
  isRunName,
  type RunNameInput,
  runNameKey,
  runNameNeedsRevision,
} from './run-name.ts';
export { judgeTrigger, type TriggerEvent, type TriggerReason, type TriggerVerdict } from './triggers/judge.ts';
export { readTriggers, type Triggers } from './triggers/read-triggers.ts';
