// The public face of the language: text in, plan or diagnostics out. No I/O, no clock; runs in a browser too.
export type {
  Plan,
  PlanJob,
  PlanLeg,
  PlanPool,
  PlanRepository,
  PlanStage,
  PlanStep,
  PlanVariable,
} from './3-plan/plan.ts';
export type { Position } from './position.ts';
