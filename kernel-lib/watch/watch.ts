// What `watch` is to users: import { watch } from 'mesa-lab'.
export type { Saved, Seen, Subject, WatchedStep, Watcher } from '../train/watcher';
export { type ActivationHistogram, type ActivationHistogramOptions, activationHistogram, type Distribution } from './activation-histogram';
export { type AttentionMap, type AttentionMaps, type AttentionMapsOptions, attentionMaps } from './attention-maps';
export { withExact } from './back-to-exact';
export type { ChromeTrace } from './chrome-trace';
export { type ComparedRow, type CompareOptions, type Comparison, compare } from './compare';
export type { ErrorRow } from './error-row';
export type { Figure } from './figure';
export { type FidelityRow, type GradientFidelity, type GradientFidelityOptions, gradientFidelity } from './gradient-fidelity';
export { type GradientNorm, type GradientNormOptions, gradientNorm, type NormRow } from './gradient-norm';
export { type HeadError, type HeadErrorOptions, headError } from './head-error';
export type { LedgerRecord, Mark, Owner } from './ledger-record';
export { type MemoryTimeline, type MemoryTimelineOptions, memoryTimeline } from './memory-timeline';
export { type NanTrapOptions, nanTrap } from './nan-trap';
export type { WhatIf } from './packings';
export { type RangeRow, type RangeTrace, type RangeTraceOptions, rangeTrace } from './range-trace';
export { type LayerRow, type Summary, summary } from './summary';
export { type Cell, type Row, type Table, tableOf } from './table';
