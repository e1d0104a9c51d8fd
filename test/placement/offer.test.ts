import { describe, expect, it } from 'vitest';
import { isExhaustive, mostOffered } from '../../src/placement/offer.ts';

describe('most nodes that kube-scheduler offers', () => {
  // The figures of kube-scheduler's own test of numFeasibleNodesToFind, and of its rule for other sizes.
  it.for([
    { nodes: 10, percentage: 0, want: 10 },
    { nodes: 10, percentage: 40, want: 10 },
    { nodes: 1_000, percentage: 0, want: 420 },
    { nodes: 1_000, percentage: 40, want: 400 },
    { nodes: 1_010, percentage: 0, want: 424 },
    { nodes: 6_000, percentage: 0, want: 300 },
    { nodes: 6_000, percentage: 40, want: 2_400 },
    { nodes: 5_000, percentage: 0, want: 500 },
    { nodes: 5_000, percentage: 100, want: 5_000 },
    { nodes: 150, percentage: 0, want: 100 },
    { nodes: 150, percentage: 1, want: 100 },
    { nodes: 99, percentage: 1, want: 99 },
  ])('$nodes nodes at $percentage %: $want', ({ nodes, percentage, want }) => {
    expect(mostOffered(nodes, percentage)).toBe(want);
  });
});

describe('an offer holds every feasible node', () => {
  const offer = { nodeCount: 5_000, percentage: 0, isNarrowed: false };
  it.for([
    { why: 'when kube-scheduler could have found more and did not', ...offer, length: 499, want: true },
    { why: 'perhaps not, when it stopped looking', ...offer, length: 500, want: false },
    { why: 'when it looks at all', ...offer, percentage: 100, length: 4_999, want: true },
    { why: 'when it holds all there are', ...offer, nodeCount: 80, length: 80, want: true },
    {
      why: 'perhaps not, when the pod narrows the search',
      ...offer,
      isNarrowed: true,
      length: 100,
      want: false,
    },
    {
      why: 'when even a narrow search would have gone on',
      ...offer,
      isNarrowed: true,
      length: 99,
      want: true,
    },
  ])('$why', ({ want, ...each }) => {
    expect(isExhaustive(each)).toBe(want);
  });
});
