/** What could not be loaded now, but may be later. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
}

/** The text of a file of this page. @throws {NotLoaded} no answer, or one that is not the file */
export async function fetchText(url: string): Promise<string> {
  const file = url.split('/').at(-1)!;
  let response: Response;
  try {
    response = await fetch(url);
    if (response.ok && !/html/.test(response.headers.get('content-type') ?? '')) return await response.text();
  } catch (error) {
    throw new NotLoaded(`${file} can’t be loaded: ${(error as Error).message}`, { cause: error });
  }
  const what = response.ok ? 'a page instead of a text' : `${response.status} ${response.statusText}`.trim();
  throw new NotLoaded(`${file} can’t be loaded: the server sent ${what}`);
}
