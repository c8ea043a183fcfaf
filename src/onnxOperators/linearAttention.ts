import type { Operator } from '../onnxSession/node.ts';

const RULES = ['linear', 'gated', 'delta', 'gated_delta'];

/**
 * A recurrence of states S [dk, dv] per head, over [B, T, heads · d]: S decays by exp(g), takes k ⊗ v, or with the delta rule
 * β k ⊗ (v − Sᵀk); o = scale · Sᵀq.
 */
export const linearAttention: Operator = (node) => {
  const [q, k, v] = [0, 1, 2].map((i) => node.input(i).shape) as [number[], number[], number[]];
  const [H, G] = [node.int('q_num_heads', 0), node.int('kv_num_heads', 0)];
  const rule = node.text('update_rule', 'gated_delta');
  if (!RULES.includes(rule)) node.fail(`update_rule ${rule}`);
  const [B, T, width] = q as [number, number, number];
  const [dk, dv] = [width / H, v[2]! / G];
  const fits =
    [q, k, v].every((own) => own.length === 3 && own[0] === B && own[1] === T) &&
    [H / G, dk, dv].every(Number.isInteger) &&
    k[2] === G * dk;
  if (!fits) node.fail(`q [${q}], k [${k}], v [${v}] of ${H} and ${G} heads`);
  const [past, decay, beta] = [3, 4, 5].map((i) => node.inputs[i]);
  if (rule.startsWith('gated') && !decay) node.fail('has no decay');
  if (rule.endsWith('delta') && !beta) node.fail('has no beta');
  const perHead = decay && decay.shape[2] === G;
  if (past && past.size !== B * G * dk * dv) node.fail(`past_state [${past.shape}]`);
  if (decay && decay.size !== B * T * G * (perHead ? 1 : dk)) node.fail(`decay [${decay.shape}]`);
  const betas = beta ? beta.size / (B * T) : 1;
  if (betas !== G && betas !== 1) node.fail(`beta [${beta!.shape}]`);
  const scale = node.float('scale', 0) || 1 / Math.sqrt(dk);
  node.output([B, T, H * dv]);
  node.output([B, G, dk, dv]);
  const old = new Float64Array(dv);
  node.step(({ x, y }) => {
    const [queries, keys, values, before, decays, rates] = x as Float32Array[] as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [out, states] = y as [Float32Array, Float32Array];
    if (past) states.set(before);
    else states.fill(0);
    for (let b = 0; b < B; b++) {
      for (let t = 0; t < T; t++) {
        const row = b * T + t;
        for (let g = 0; g < G; g++) {
          const s = (b * G + g) * dk * dv;
          const key = row * G * dk + g * dk;
          if (decay) {
            for (let i = 0; i < dk; i++) {
              const factor = Math.exp(decays[perHead ? row * G + g : key + i]!);
              for (let j = 0; j < dv; j++) states[s + i * dv + j]! *= factor;
            }
          }
          const rate = beta ? rates[row * betas + (betas === 1 ? 0 : g)]! : 1;
          old.fill(0);
          if (beta) {
            for (let i = 0; i < dk; i++)
              for (let j = 0; j < dv; j++) old[j]! += states[s + i * dv + j]! * keys[key + i]!;
          }
          for (let i = 0; i < dk; i++) {
            for (let j = 0; j < dv; j++) {
              const change = values[row * G * dv + g * dv + j]! - old[j]!;
              states[s + i * dv + j]! += rate * keys[key + i]! * change;
            }
          }
        }
        for (let h = 0; h < H; h++) {
          const s = (b * G + Math.floor((h * G) / H)) * dk * dv;
          const to = row * H * dv + h * dv;
          out.fill(0, to, to + dv);
          for (let i = 0; i < dk; i++) {
            const weight = scale * queries[row * H * dk + h * dk + i]!;
            for (let j = 0; j < dv; j++) out[to + j]! += weight * states[s + i * dv + j]!;
          }
        }
      }
    }
  });
};
