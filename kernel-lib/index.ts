// The public names, nothing else.

export * as data from './data/data';
export { type DryOptions, dryEngine } from './engine/dry';
export type { Argument, Booking, Category, DType, Engine, Form, Kernels } from './engine/engine';
export type { Entry, Ledger, Totals } from './engine/ledger';
export { type StartOptions, start } from './engine/start';
export { type ErrorText, MesaError } from './errors';
export {
  readSafetensors,
  type StoredTensor,
  type StoredTensors,
  type TensorToStore,
  writeSafetensors,
} from './files/safetensors';
export { readWeights } from './files/weights';
export * as models from './models/models';
export { type Definition, defineOp, type OpOptions } from './ops/define-op';
export * as ops from './ops/index';
export { planStep, type StepPlan, type StepPlanOptions } from './plan/plan-step';
export type { Bits, Group, Packing } from './quant/packing';
export * as recipes from './recipe/recipes';
export { type AugmentationsOptions, augmentations } from './show/augmentations';
export { type ContactSheet, type ContactSheetOptions, contactSheet } from './show/contact-sheet';
export { type Display, type Displayable, display, inJupyter } from './show/display';
export { type LiveFigure, live } from './show/live';
export { type Memory, type MemoryReport, memory } from './show/memory';
export { overlay } from './show/overlay';
export { type PngOptions, png } from './show/png';
export { type Progress, progress } from './show/progress';
export type { Bundle, Screen } from './show/screens/screen';
export type { Output } from './show/screens/text';
export { type ShowOptions, show } from './show/show';
export { type Graph, GraphBuilder, type Init, type Node, type ParamSpec, type Segment, type Value } from './tape/graph';
export type { Context, Op, PlainContext, Recipe, Spec, Specs, Values } from './tape/op';
export type { Kept, SavePlan, SegmentPlan } from './tape/plan';
export { type PlanRow, planRows, planText } from './tape/plan-table';
export { policies } from './tape/policies';
export { derived, full, type Keep, type Match, type Policy, packed, policy, type Rule } from './tape/policy';
export { type AdamWOptions, adamw } from './train/adamw';
export type { BatchSource } from './train/batch-source';
export { type Confusion, countPixels, type Overlap, overlap } from './train/confusion';
export type { Evaluation, EvaluationOptions, LabelledSamples } from './train/evaluate';
export type { Samples } from './train/feeds';
export type { FitOptions, FitReport } from './train/fit';
export type { Optimizer, Parameter, UpdateContext } from './train/optimizer';
export { type CosineOptions, constant, cosine, type PolyOptions, poly, type Schedule } from './train/schedule';
export type { StepReport } from './train/step-report';
export { Trainer, type TrainerOptions } from './train/trainer';
export type { Outcome } from './train/training-step';
export type { StepEvent } from './train/walk';
export type { Saved, Seen, WatchedStep, Watcher } from './train/watcher';
export type { Figure } from './watch/figure';
export * as watch from './watch/watch';
