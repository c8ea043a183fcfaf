export type { Activation as ActivationFunction, ActivationName } from './activations.ts';
export { type AppliedLayer, customLayer } from './custom/customLayer.ts';
export { type GradcheckShapes, gradcheck } from './custom/gradcheck.ts';
export type { CustomLayer, CustomLayerClass, LayerBackward, LayerForward, Views } from './custom/layer.ts';
export type { CustomFeatureLoss, CustomIndexLoss, CustomLoss } from './custom/loss.ts';
export type { CustomOptimizer, UpdateStep } from './custom/optimizer.ts';
export type { Metric, MetricFunction, MetricRows, MetricValue } from './data/metrics/metric.ts';
export type { MetricDescription, MetricName } from './data/metrics/table.ts';
export type { Direction, Flow, GateFlow, LayerFlow, NonFinite } from './diagnostics/flow.ts';
export { gateSpectra, largestSingularValue, type Spectrum, spectralRadius } from './diagnostics/spectrum.ts';
export type { Verdict } from './diagnostics/verdict.ts';
export type { Nodes } from './engine/graph.ts';
export type { JoinInput, JoinLayer, JoinPass, NodeShape, TimeAxis } from './engine/join.ts';
export { GraphNode, type InputOptions, input } from './engine/node.ts';
export { constant, glorot, identity, normal, orthogonal, uniform } from './init/initializers.ts';
export { Dropout } from './layers/graph/dropout.ts';
export { Embedding } from './layers/graph/embedding.ts';
export { LastStep } from './layers/graph/lastStep.ts';
export { Linear, type LinearOptions, type TiedOptions } from './layers/graph/linear.ts';
export { irnn } from './layers/irnn.ts';
export * from './layers/joinLayers.ts';
export type { NameOption } from './layers/layerName.ts';
export type { ConfigurableOptions, Penalty, Zoneout } from './layers/recurrent/configuration.ts';
export type { InitialNodes, RecurrentNode } from './layers/recurrent/graphRecurrent.ts';
export * from './layers/recurrentLayers.ts';
export * from './layers/sequenceLayers.ts';
export type {
  BackwardInput,
  BackwardResult,
  ForwardOptions,
  ForwardResult,
} from './layers/standaloneTypes.ts';
export * from './layers/stepCells.ts';
export * from './layers/stepLayers.ts';
export * from './losses/all.ts';
export type { Loss } from './losses/loss.ts';
export type { CheckpointReport } from './model/bptt/checkpoints.ts';
export { type CTCGreedyOptions, ctcGreedy } from './model/ctcGreedy.ts';
export type { ExampleValue, FitExample } from './model/fit/fitExample.ts';
export type {
  LossDescription,
  OptimizerDescription,
  ScheduleDescription,
} from './model/fromDescription.ts';
export { type BeamOptions, beamSearch } from './model/graph/beamSearch.ts';
export type { GraphSteps } from './model/graph/countedSteps.ts';
export type { GivenOptions } from './model/graph/given.ts';
export * from './model/graph/model.ts';
export type { ModelNodes } from './model/graph/structure.ts';
export type { LoadOptions } from './model/registry.ts';
export { Sequential } from './model/sequential.ts';
export { Stream } from './model/stream.ts';
export type { Beam } from './model/streaming/beam.ts';
export { StreamPool, type StreamPoolOptions, StreamSession } from './model/streaming/pool.ts';
export type { StreamState } from './model/streaming/state.ts';
export {
  type AnyLoss,
  type AnyMetric,
  type Arrays,
  type Batch,
  type Batches,
  type BatchingOptions,
  type BatchOptions,
  type Checkpointing,
  type Corpus,
  type EpochRecord,
  type Evaluation,
  type EvaluationOptions,
  type FitData,
  type FitOptions,
  type FitResult,
  type Gradients,
  type Match,
  type MonitorOptions,
  type NonFinitePolicy,
  type ParameterGroup,
  type Progress,
  type States,
  type StepOptions,
  type StepResult,
  type TargetWeights,
  Trainer,
  type TrainerOptions,
  type Truncation,
  type ValidationOptions,
  type ValidationResult,
} from './model/trainer.ts';
export { type UpdateResult, Updater, type UpdaterOptions } from './model/updater.ts';
export * from './optim/all.ts';
export * from './optim/allSchedules.ts';
export {
  type MaximizeOption,
  type MomentumOption,
  Optimizer,
  type PenaltyOption,
} from './optim/optimizer.ts';
export type { Schedule } from './optim/schedules.ts';
export * from './publicShared.ts';
export { type InitSyncOptions, initSync } from './wasm/initSync.ts';
