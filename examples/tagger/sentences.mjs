// Sentences with names. Each name may be that of a person or of a place: the words around it tell, near or far.
import { Generator } from 'unrolled';

export const TAGS = ['-', 'person', 'place'];

const WORDS = {
  NAME: [
    'paris',
    'jordan',
    'chelsea',
    'austin',
    'georgia',
    'florence',
    'sydney',
    'kent',
    'lincoln',
    'houston',
  ],
  WHO: ['singer', 'doctor', 'farmer', 'teacher', 'cousin'],
  WHERE: ['city', 'village', 'harbour', 'county', 'suburb'],
  KIND: ['old', 'small', 'quiet', 'famous', 'friendly'],
  DID: ['laughed', 'shouted', 'slept', 'waved', 'sang'],
  WAS: ['flooded', 'rebuilt', 'founded', 'surrounded', 'occupied'],
  WHEN: ['yesterday', 'today', 'later', 'again', 'often'],
};

/** Words in capitals are drawn; each NAME is of the kind that follows it. */
const FORMS = [
  'WHEN NAME:person DID',
  'NAME:person DID WHEN',
  'NAME:person a KIND KIND WHO DID WHEN',
  'we met NAME:person in NAME:place WHEN',
  'NAME:person of NAME:place DID',
  'WHEN NAME:place was WAS',
  'NAME:place a KIND KIND WHERE was WAS WHEN',
  'from NAME:place came NAME:person a KIND WHO',
  'the KIND WHO of NAME:place met NAME:person',
  'the KIND WHERE of NAME:place was WAS by NAME:person',
];

/** `count` sentences: { words: 'jordan of kent laughed', tags: [1, 0, 2, 0] }, tags by their places in TAGS. */
export function sentences(count, seed) {
  const random = new Generator(seed);
  return Array.from({ length: count }, () => {
    const parts = FORMS[random.integer(FORMS.length)].split(' ').map((part) => part.split(':'));
    const words = parts.map(([word]) => WORDS[word]?.[random.integer(WORDS[word].length)] ?? word);
    return { words: words.join(' '), tags: parts.map(([, tag]) => Math.max(0, TAGS.indexOf(tag))) };
  });
}

/** Share of the words that are right with the tag that each word has most often in known sentences. */
export function byWords(known, unseen) {
  const times = new Map();
  const pairs = (list) =>
    list.flatMap(({ words, tags }) => words.split(' ').map((word, i) => [word, tags[i]]));
  for (const [word, tag] of pairs(known)) {
    if (!times.has(word)) times.set(word, [0, 0, 0]);
    times.get(word)[tag]++;
  }
  const guess = (word) => times.get(word).indexOf(Math.max(...times.get(word)));
  const all = pairs(unseen);
  return all.filter(([word, tag]) => guess(word) === tag).length / all.length;
}
