/** Server-sent events as they come in the body of an answer. */

/** `data` is null in a block that only tells an id. */
export type Block = { id: string; event: string | null; data: string | null };

/** The blocks of a stream; comments are left out. When nothing at all came for `silenceMs`, `silence` is aborted, which must end the body. */
export async function* readBlocks(
  body: ReadableStream<Uint8Array>,
  silence: AbortController,
  silenceMs: number,
): AsyncGenerator<Block, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const watch = (): ReturnType<typeof setTimeout> => setTimeout(() => silence.abort(), silenceMs);
  let timer = watch();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = watch();
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const read = parse(block);
        if (read) yield read;
      }
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): Block | null {
  let id: string | null = null;
  let event: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return id === null ? null : { id, event, data: data.length === 0 ? null : data.join('\n') };
}
