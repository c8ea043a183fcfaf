export { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from './losses/loss.ts';
export { type StepResult, Trainer, type TrainerOptions } from './model/trainer.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimizer } from './optim/optimizer.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { cosineLR, type Schedule, stepLR, warmup } from './optim/schedules.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export * from './publicInference.ts';
