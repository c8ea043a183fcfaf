import { boolean, integer, options } from '../../check.ts';
import type { LayerScope, ParameterSpec, Pass } from '../../engine/layer.ts';
import { ArgumentError } from '../../errors.ts';
import { type Initializer, initializer, uniform } from '../../init/initializers.ts';
import type { Region } from '../../memory/layout.ts';
import { convBackwardWork, convWork } from '../../memory/workspace.ts';
import type { Signal } from '../../ndarray.ts';
import { activationPass, isIdentity, type LayerActivation, layerActivation } from '../activationPass.ts';
import type { NameOption } from '../layerName.ts';
import { runningState } from '../recurrent/states.ts';
import { MAX_STEPS, type Padding, paddingOf } from './geometry.ts';
import { WindowLayer } from './windowLayer.ts';
import { WindowTable } from './windowTable.ts';

/** Options of `Conv1d`. */
export interface Conv1dOptions extends NameOption {
  /** Steps from one output to the next. Default 1. */
  readonly stride?: number | undefined;
  /** Steps from one element of the kernel to the next. Default 1. */
  readonly dilation?: number | undefined;
  /** Groups of channels that do not see each other; divides both numbers of channels. Default 1. */
  readonly groups?: number | undefined;
  /** `'valid'`, `'same'`, `'causal'`, or zeros on both sides, as many as the number says. Default `'valid'`. */
  readonly padding?: Padding | undefined;
  /** Whether to add a bias. Default true. */
  readonly bias?: boolean | undefined;
  /** Activation of the output, as Keras's. Default: none. */
  readonly activation?: LayerActivation | undefined;
  /** Initializer of both parameters. Default: uniform in ±1/√(inChannels / groups · kernelSize), as torch.nn.Conv1d. */
  readonly init?: Initializer | undefined;
}

/**
 * A convolution (cross-correlation) over steps, as torch.nn.Conv1d, but time-major: [T, B, inChannels] to [T′, B,
 * outChannels]; then an activation, if one is given. Parameters: `weight` [outChannels, inChannels / groups, kernelSize], `bias` [outChannels].
 *
 * T′ depends on the padding: T with `'same'` and `'causal'` and stride 1, in general ⌈T / stride⌉; with `'valid'` ⌊(T −
 * (kernelSize − 1) · dilation − 1) / stride⌋ + 1. `'same'` pads as Keras and TensorFlow. Each row has the output it would
 * have without the other rows: with lengths, its padding begins at its own end, and its length is mapped as T. A mask
 * makes the steps that count neighbours; if T′ is not T, outputs are the first steps of their row.
 *
 * With `'causal'` and stride 1 it runs step by step, in streams, and in parts of a sequence: state `context` [B,
 * (kernelSize − 1) · dilation · inChannels], the steps before.
 */
export class Conv1d extends WindowLayer {
  /** Class name, as in saved models. */
  readonly type = 'Conv1d';
  /** Its input; `undefined` accepts any number of features. */
  readonly input: Signal;
  /** Its parameters in the order in which they are saved. */
  readonly parameters: readonly ParameterSpec[];
  /** Whether it carries a state from step to step. */
  readonly keepsState: boolean;
  /** Input features. */
  readonly inChannels: number;
  /** Output features. */
  readonly outChannels: number;
  /** Steps that an output sees. */
  readonly kernelSize: number;
  /** Steps from one output to the next. */
  readonly stride: number;
  /** Steps from one element of the kernel to the next. */
  readonly dilation: number;
  /** Groups of channels. */
  readonly groups: number;
  /** Padding of each row. */
  readonly padding: Padding;
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** Activation of the output. */
  readonly activation: LayerActivation;

  /** @throws {ArgumentError} if a size is below 1, groups divide no number of channels, or an option is unknown */
  constructor(inChannels: number, outChannels: number, kernelSize: number, opts?: Conv1dOptions) {
    integer('inChannels', inChannels, 1);
    integer('outChannels', outChannels, 1);
    integer('kernelSize', kernelSize, 1);
    const given = options('Conv1d', opts, {
      stride: true,
      dilation: true,
      groups: true,
      padding: true,
      bias: true,
      activation: true,
      init: true,
      name: true,
    });
    const stride = integer('stride', given.stride ?? 1, 1, MAX_STEPS);
    const dilation = integer('dilation', given.dilation ?? 1, 1, MAX_STEPS);
    const groups = integer('groups', given.groups ?? 1, 1);
    const padding = paddingOf(given.padding ?? 'valid', ['valid', 'same', 'causal']);
    for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
      if (channels % groups) throw new ArgumentError('groups', `a divisor of ${name} ${channels}`, groups);
    }
    super({ size: kernelSize, stride, dilation, padding, name: given.name });
    const seen = (inChannels / groups) * kernelSize;
    const { bias = true, activation = 'identity', init = uniform(1 / Math.sqrt(seen)) } = given;
    layerActivation('activation', activation);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.dilation = dilation;
    this.groups = groups;
    this.padding = padding;
    this.bias = boolean('bias', bias);
    this.activation = typeof activation === 'string' ? activation : { ...activation };
    initializer('init', init);
    this.input = { kind: 'features', size: inChannels };
    this.parameters = [
      { name: 'weight', shape: [outChannels, inChannels / groups, kernelSize], init },
      ...(bias ? [{ name: 'bias', shape: [outChannels], init }] : []),
    ];
    this.keepsState = this.geometry.isCausal && this.geometry.span > 0;
  }

  /** Output features for the given input features. */
  outputSize(): number {
    return this.outChannels;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    const { inChannels, outChannels, kernelSize, stride, dilation, groups, padding, bias, activation } = this;
    return {
      ...{ inChannels, outChannels, kernelSize, stride, dilation, groups, padding, bias },
      ...(isIdentity(activation) ? {} : { activation }),
    };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, batch, steps, training } = scope;
    const { inChannels: I, outChannels: O, kernelSize, groups, geometry } = this;
    const outSteps = Math.max(geometry.steps(steps), 1);
    const windows = new WindowTable(scope, geometry, outSteps);
    const w = scope.parameter('weight').ptr;
    const b = this.bias ? scope.parameter('bias').ptr : 0;
    const dw = training ? scope.gradient('weight').ptr : 0;
    const db = training && this.bias ? scope.gradient('bias').ptr : 0;
    const state = this.keepsState ? contextOf(scope, geometry.span * I) : undefined;
    const output = scope.output('conv1d', outSteps, batch, O);
    const work = scope.work(
      Math.max(convWork(I, O, kernelSize, groups), training ? convBackwardWork(I, O, kernelSize, groups) : 0),
    );
    const convolution: Pass = {
      output,
      states: state ? [state] : [],
      forward: (packed) => {
        const before = state?.initial.ptr ?? 0;
        const last = state?.final.ptr ?? 0;
        const table = windows.write();
        const kept = packed ? 1 : 0;
        kernels.conv1d_forward(
          table,
          I,
          O,
          groups,
          input.ptr,
          before,
          last,
          w,
          b,
          output.ptr,
          kept,
          work.ptr,
        );
      },
      backward: (dy, dx) => {
        const before = state?.initial.ptr ?? 0;
        const dstate = state?.gradient?.ptr ?? 0;
        const table = windows.write();
        kernels.conv1d_backward(table, I, O, groups, input.ptr, before, w, dy, dx, dstate, dw, db, work.ptr);
      },
    };
    if (isIdentity(this.activation)) return [convolution];
    const checked = layerActivation('activation', this.activation);
    return [convolution, activationPass(scope, output, checked, true, windows)];
  }
}

/** The steps before the first one, [B, W]. */
function contextOf(scope: LayerScope, W: number) {
  if (!scope.training) return runningState(scope, 'context', W);
  const keep = (what: string) => scope.keep(what, scope.batch, W);
  return {
    name: 'context',
    initial: keep('context'),
    final: keep('last context'),
    gradient: keep('context'),
  };
}
