/** Reads what a page says of itself, chunk by chunk and no further than its head. */

export type PageHead = { title: string | null; description: string | null; image: string | null };

export type PageReader = {
  read(chunk: Uint8Array): void;
  /** Its head is over: nothing that follows says more. */
  isDone(): boolean;
  end(): PageHead;
};

const LONGEST_TITLE = 300;
const LONGEST_DESCRIPTION = 1000;

/** `contentType`: the header, which may name the writing. The library is loaded with the first page. */
export async function pageReader(contentType: string): Promise<PageReader> {
  const { Parser } = await import('htmlparser2');
  const said: Record<string, string> = {};
  let title = '';
  let inTitle = false;
  let done = false;
  let decoder: TextDecoder | null = null;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'title') inTitle = true;
        if (name === 'body') done = true;
        const key = (attributes.property ?? attributes.name)?.toLowerCase();
        if (name === 'meta' && key !== undefined && attributes.content) said[key] ??= attributes.content;
      },
      ontext(text) {
        if (inTitle && title.length < LONGEST_TITLE * 4) title += text;
      },
      onclosetag(name) {
        if (name === 'title') inTitle = false;
        if (name === 'head') done = true;
      },
    },
    { decodeEntities: true },
  );
  return {
    read(chunk) {
      decoder ??= decoderFor(contentType, chunk);
      parser.write(decoder.decode(chunk, { stream: true }));
    },
    isDone: () => done,
    end() {
      parser.end();
      const description = said['og:description'] ?? said['twitter:description'] ?? said.description;
      return {
        title: tidy(said['og:title'] ?? said['twitter:title'] ?? title, LONGEST_TITLE),
        description: tidy(description, LONGEST_DESCRIPTION),
        image: said['og:image:secure_url'] ?? said['og:image'] ?? said['twitter:image'] ?? null,
      };
    },
  };
}

/** The writing that the header names, or the page itself at its very beginning. */
function decoderFor(contentType: string, head: Uint8Array): TextDecoder {
  const named = /charset=["']?([\w:.-]+)/i;
  const beginning = Buffer.from(head.subarray(0, 1024)).toString('latin1');
  const [, name = 'utf-8'] = named.exec(contentType) ?? named.exec(beginning) ?? [];
  try {
    return new TextDecoder(name);
  } catch {
    return new TextDecoder();
  }
}

function tidy(text: string | undefined, longest: number): string | null {
  const clean = (text ?? '').replace(/[\s\u0000-\u001f]+/g, ' ').trim();
  return clean === '' ? null : clean.slice(0, longest).toWellFormed();
}
