import { floats } from '../allocate.ts';
import { boolean, options } from '../check.ts';
import { StateError } from '../errors.ts';
import { type Given, type NDArray, readSequence, readShaped } from '../ndarray.ts';
import { readRows, readSteps, type Steps, writeRows } from './batchIO.ts';
import { outputSteps } from './chain.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';

/** Options of `forward` of a model, or of a layer that is used without one. */
export interface ModelForwardOptions extends Steps {
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
}

/** Forward and backward passes of a network over whole sequences, from zero states. */
export class WholeSequences {
  #last: Plan | undefined;

  /** As `forward` of a model. */
  forward(network: Network, x: Given, opts: ModelForwardOptions | undefined): NDArray {
    const given = options('forward', opts, { training: true, lengths: true, mask: true });
    const training = boolean('training', given.training ?? false);
    const { arena, outputSize } = network;
    return network.during('forward', () => {
      const sequence = readSequence('x', x, network.input);
      const { steps, batch } = sequence;
      const valid = readSteps(given, steps, batch);
      const ragged = valid !== undefined;
      const shape = [outputSteps(network.layers, steps, ragged), batch, outputSize];
      const plan = network.prepare({ steps, batch, training, targets: 'none', ragged });
      const data = floats(plan.output.length);
      network.writeInput('x', plan, sequence, valid);
      for (const { initial } of plan.states) arena.clear(initial);
      if (training) plan.begin();
      plan.forward();
      this.#last = training ? plan : undefined;
      return { data: readRows(arena, plan.outputRows, plan.output, outputSize, data), shape };
    });
  }

  /** As `backward` of a model. */
  backward(network: Network, outputGradient: Given): NDArray | undefined {
    const { arena, input, outputSize } = network;
    return network.during('backward', () => {
      const plan = this.#last;
      if (!plan || !network.holds(plan))
        throw new StateError('backward: call forward with { training: true } first');
      const dy = readShaped('outputGradient', outputGradient, plan.output.shape);
      const wanted = input.kind === 'features';
      const shape = [plan.steps, plan.batch, input.size];
      const data = floats(wanted ? plan.input.length : 0);
      this.#last = undefined;
      writeRows(arena, plan.outputRows, plan.outputGradient, dy, outputSize);
      for (const { gradient } of plan.states) if (gradient) arena.clear(gradient);
      const dx = plan.backward(wanted);
      return dx && { data: readRows(arena, plan.rows, dx, input.size, data), shape };
    });
  }

  /** Lets go of the last forward pass. */
  forget(): void {
    this.#last = undefined;
  }
}
