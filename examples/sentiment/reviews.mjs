// Reviews of films of one to four clauses, whose words by themselves do not tell whether they are good or bad.
import { Generator } from 'unrolled';

const THINGS = ['plot', 'music', 'acting', 'dialogue', 'ending', 'cast', 'script', 'camera work'];
const GOOD = ['great', 'funny', 'touching', 'clever', 'brilliant', 'gripping', 'fresh'];
const BAD = ['dull', 'awful', 'boring', 'clumsy', 'tired', 'noisy', 'silly'];
const PLAIN = ['was', 'is really', 'seemed', 'felt'];
const TURNED = ['was not', 'is hardly', 'never felt', 'was anything but'];

/**
 * `count` reviews: { text: 'the plot was not dull, but …', good: 1 or 0 }. Words such as `not` turn a clause round; of two
 * clauses with a `but` between them the second one counts; otherwise all agree.
 */
export function reviews(count, seed) {
  const random = new Generator(seed);
  const one = (list) => list[random.integer(list.length)];
  const clause = (good) => {
    const turned = random.uniform() < 0.4;
    return `the ${one(THINGS)} ${one(turned ? TURNED : PLAIN)} ${one(good === turned ? BAD : GOOD)}`;
  };
  return Array.from({ length: count }, () => {
    const good = random.uniform() < 0.5;
    const clauses = [clause(good)];
    while (random.uniform() < 0.4 && clauses.length < 3) clauses.push(clause(good));
    const before = random.uniform() < 0.5 ? `${clause(!good)}, but ` : '';
    return { text: before + clauses.join(' and '), good: Number(good) };
  });
}

/** Share of the reviews that are right where more good words than bad ones mean a good review. */
export function byWords(reviews) {
  const has = (text, list) => list.filter((word) => text.includes(word)).length;
  const right = reviews.filter(({ text, good }) => Number(has(text, GOOD) > has(text, BAD)) === good);
  return right.length / reviews.length;
}
