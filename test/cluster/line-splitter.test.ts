import { describe, expect, it } from 'vitest';

import { LineSplitter, LineTooLong } from '../../src/cluster/line-splitter.ts';

function linesOf(chunks: readonly (string | Uint8Array)[], splitter = new LineSplitter()): string[] {
  return chunks.flatMap((chunk) => [...splitter.push(Buffer.from(chunk))]);
}

describe('the line splitter', () => {
  it.each([
    { title: 'one line in one chunk', chunks: ['abc\n'], want: ['abc'] },
    { title: 'many lines in one chunk', chunks: ['a\nbc\nd\n'], want: ['a', 'bc', 'd'] },
    { title: 'a line over three chunks', chunks: ['ab', 'c', 'd\n'], want: ['abcd'] },
    { title: 'a newline at the start of a chunk', chunks: ['ab', '\ncd\n'], want: ['ab', 'cd'] },
    { title: 'no empty lines', chunks: ['\n\na\n\n', '\n'], want: ['a'] },
    { title: 'no unfinished line', chunks: ['a\nrest'], want: ['a'] },
    { title: 'nothing of nothing', chunks: ['', ''], want: [] },
  ])('gives $title', ({ chunks, want }) => {
    expect(linesOf(chunks)).toEqual(want);
  });

  it('keeps characters whole wherever they are cut', () => {
    const text = 'é €  𝒳 ü\n日本語\n';
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(linesOf([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(['é €  𝒳 ü', '日本語']);
    }
    expect(linesOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(['é €  𝒳 ü', '日本語']);
  });

  it('holds no more than one line of bounded length', () => {
    const splitter = new LineSplitter(8);
    expect(linesOf(['12345678\n', '1234', '5678', '\n'], splitter)).toEqual(['12345678', '12345678']);
    expect(splitter.heldBytes).toBe(0);
    expect(() => linesOf(['1234', '56789'], splitter)).toThrow(LineTooLong);
  });
});
