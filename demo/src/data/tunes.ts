/** Tunes in the public domain, in ABC notation with L:1/4, all in C major or A minor. */
export const tunes: Readonly<Record<string, string>> = {
  'Ah! vous dirai-je, maman': `C C G G | A A G2 | F F E E | D D C2 | G G F F | E E D2 | G G F F | E E D2 |
    C C G G | A A G2 | F F E E | D D C2`,
  'Frère Jacques': `C D E C | C D E C | E F G2 | E F G2 | G/A/G/F/ E C | G/A/G/F/ E C | C G, C2 | C G, C2`,
  'Ode to Joy': `E E F G | G F E D | C C D E | E3/2 D/ D2 | E E F G | G F E D | C C D E | D3/2 C/ C2 |
    D D E C | D E/F/ E C | D E/F/ E D | C D G,2 | E E F G | G F E D | C C D E | D3/2 C/ C2`,
  'Mary had a little lamb': `E D C D | E E E2 | D D D2 | E G G2 | E D C D | E E E E | D D E D | C4`,
  'Au clair de la lune': `C C C D | E2 D2 | C E D D | C4 | C C C D | E2 D2 | C E D D | C4 |
    D D D D | A,2 A,2 | D C B, A, | G,4 | C C C D | E2 D2 | C E D D | C4`,
  'London Bridge': `G3/2 A/ G F | E F G2 | D E F2 | E F G2 | G3/2 A/ G F | E F G2 | D2 G2 | E C3`,
  'Oh! Susanna': `C/D/ | E G G3/2 A/ | G E C3/2 D/ | E E D C | D3 C/D/ | E G G3/2 A/ | G E C3/2 D/ | E E D D | C4 |
    F2 F2 | A A2 A | G G E C | D3 C/D/ | E G G3/2 A/ | G E C3/2 D/ | E E D D | C3`,
  'When the saints': `C E F | G4 | z C E F | G4 | z C E F | G2 E2 | C2 E2 | D4 | z E E D | C3 C | E2 G2 | G F3 |
    z E F | G2 E2 | C2 D2 | C4`,
  'Row, row, row your boat': `C3/2 C3/2 | C D/ E3/2 | E D/ E F/ | G3 | c/c/c/ G/G/G/ | E/E/E/ C/C/C/ | G F/ E D/ | C3`,
  Greensleeves: `A | c2 d | e3/2 f/ e | d2 B | G3/2 A/ B | c2 A | A3/2 ^G/ A | B2 ^G | E2 A | c2 d | e3/2 f/ e | d2 B |
    G3/2 A/ B | c3/2 B/ A | ^G3/2 ^F/ ^G | A3 | A3 | g3 | g3/2 ^f/ e | d2 B | G3/2 A/ B | c2 A | A3/2 ^G/ A | B2 ^G | E3 |
    g3 | g3/2 ^f/ e | d2 B | G3/2 A/ B | c3/2 B/ A | ^G3/2 ^F/ ^G | A3`,
  'Auld lang syne': `G, | C3/2 C/ C E | D3/2 C/ D E | C3/2 C/ E G | A3 A | G3/2 E/ E C | D3/2 C/ D E | C3/2 A,/ A, G, |
    C3 A | G3/2 E/ E C | D3/2 C/ D A | G3/2 E/ E G | A3 A | G3/2 E/ E C | D3/2 C/ D E | C3/2 A,/ A, G, | C3`,
};
