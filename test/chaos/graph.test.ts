import { expect, it } from 'vitest';
import { toSvg } from './graph.ts';

it('draws each line to scale, with its name', () => {
  const svg = toSvg({
    title: 'a < b',
    xName: 'minutes',
    yName: 'MiB',
    lines: [
      {
        name: 'RSS',
        color: '#111111',
        points: [
          [0, 0],
          [30, 100],
          [60, 50],
        ],
      },
      { name: 'heap', color: '#222222', points: [[60, 25]] },
    ],
  });

  const drawn = [...svg.matchAll(/<polyline[^>]*stroke="([^"]+)"[^>]*points="([^"]+)"/g)];
  expect(drawn.map(([, color]) => color)).toEqual(['#111111', '#222222']);
  const [first = '', second = ''] = drawn.map(([, , points]) => points);
  const [start, middle, end] = first.split(' ').map((point) => point.split(',').map(Number));
  // The middle is half way across and at the top, the end half way up.
  expect(middle![0]).toBeCloseTo((start![0]! + end![0]!) / 2, 0);
  expect(end![1]).toBeCloseTo((start![1]! + middle![1]!) / 2, 0);
  expect(second.split(',').map(Number)[0]).toBeCloseTo(end![0]!, 0);
  expect(svg).toContain('a &lt; b');
  for (const text of ['RSS', 'heap', 'minutes', 'MiB', '>60<', '>100<']) expect(svg).toContain(text);
});

it('has nothing to draw without a point', () => {
  expect(() => toSvg({ title: '', xName: '', yName: '', lines: [] })).toThrow('nothing to draw');
});
