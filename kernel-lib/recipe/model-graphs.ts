import { pvt, pvtLarge, pvtMedium, pvtSmall, pvtTiny } from '../models/pvt';
import { semanticFpn } from '../models/semantic-fpn';
import { swin, swinBase, swinSmall, swinTiny } from '../models/swin';
import { deitBase, deitSmall, deitTiny, vit } from '../models/vit';
import type { Graph } from '../tape/graph';

export type ModelName =
  | 'vit'
  | 'deitTiny'
  | 'deitSmall'
  | 'deitBase'
  | 'swin'
  | 'swinTiny'
  | 'swinSmall'
  | 'swinBase'
  | 'pvt'
  | 'pvtTiny'
  | 'pvtSmall'
  | 'pvtMedium'
  | 'pvtLarge'
  | 'semanticFpn';

/** Graphs by the names that recipes and the command line have for models: those of `models`. */
export const modelGraphs: Readonly<Record<ModelName, (options: object) => Graph>> = {
  vit,
  deitTiny,
  deitSmall,
  deitBase,
  swin,
  swinTiny,
  swinSmall,
  swinBase,
  pvt,
  pvtTiny,
  pvtSmall,
  pvtMedium,
  pvtLarge,
  semanticFpn,
};
