export * from '../facts/annotations.ts';
export * from '../facts/labels.ts';
export * from '../facts/node-facts.ts';
export * from '../facts/pod-facts.ts';
export * from '../facts/required.ts';
