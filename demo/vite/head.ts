import { readFileSync } from 'node:fs';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const root = new URL('../../', import.meta.url);
const PICTURE = 'page.png';

/**
 * What the page says of itself elsewhere: a picture of it (docs/page.png, of scripts/demo-picture.mjs), and links to the
 * package, its code where package.json has a `repository`, and its guides. SITE_URL in the environment: the address at which it
 * will lie, which pictures of links need; SITE_GUIDES: the folder of the guides next to it.
 */
export function head(): Plugin {
  const { name, description, repository } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const code = /https:.*/.exec(repository?.url ?? repository ?? '')?.[0].replace(/\.git$/, '');
  const { SITE_URL = '', SITE_GUIDES } = process.env;
  const links = [
    ['Package', `https://www.jsdelivr.com/package/npm/${name}`],
    ['Code', code],
    ['Guides', SITE_GUIDES],
  ].filter(([, href]) => href);
  const about = {
    'og:type': 'website',
    'og:title': name,
    'og:description': description,
    'og:image': `${SITE_URL}${PICTURE}`,
    ...(SITE_URL && { 'og:url': SITE_URL }),
  };
  return {
    name: 'head',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) => ({
        html: html.replace(
          '<!--links-->',
          links.map(([label, href]) => `<a href="${href}">${label}</a>`).join('\n        '),
        ),
        tags: [
          ...Object.entries(about).map(([property, content]) => meta({ property, content })),
          meta({ name: 'twitter:card', content: 'summary_large_image' }),
        ],
      }),
    },
    generateBundle() {
      const source = readFileSync(new URL(`docs/${PICTURE}`, root));
      this.emitFile({ type: 'asset', fileName: PICTURE, source });
    },
  };
}

const meta = (attrs: Record<string, string>): HtmlTagDescriptor => ({ tag: 'meta', attrs, injectTo: 'head' });
