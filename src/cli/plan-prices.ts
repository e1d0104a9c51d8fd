/**
 * A price list in YAML → {@link PriceList}. Every field is known, and an error names its line.
 *
 * @module
 */
import { parseDecimal } from '../facts/decimal.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject, isObject } from '../facts/json.ts';
import type { Labels } from '../facts/labels.ts';
import { textsOf } from '../facts/labels.ts';
import { parseAmount } from '../facts/quantity.ts';
import type { NodePrice, PodPrice, PodSize, Price, PriceList, Rate, Spot } from '../placement/price.ts';
import { attempt, FieldProblem, wholeAt } from './field-problem.ts';
import type { Unreadable } from './manifests.ts';
import { readManifests } from './manifests.ts';
import type { TextFile } from './plan-files.ts';

const KIND = 'PriceList';

/** The one price list of a file, or what is wrong with it. */
export function priceList({ name, text }: TextFile): PriceList | Unreadable {
  const { manifests, unreadable } = readManifests(name, text);
  const [problem] = unreadable;
  if (problem !== undefined) return problem;
  const [manifest, second] = manifests;
  if (manifest === undefined || second !== undefined)
    return { file: name, line: undefined, message: 'must hold one price list' };
  return attempt(manifest, () => read(manifest.object));
}

function read(object: JsonObject): PriceList {
  if (object['kind'] !== KIND) throw new FieldProblem('kind', `must be ${KIND}`);
  onlyThese(object, ['kind', 'currency', 'prices'], '');
  return {
    currency: textAt(object, 'currency', ''),
    prices: listAt(object, 'prices', '').map((price, index) => priceOf(price, `prices[${index}]`)),
  };
}

function priceOf(price: JsonObject, path: string): Price {
  onlyThese(price, ['name', 'nodeSelector', 'perPod', 'perNode'], path);
  const named = { name: textAt(price, 'name', path), nodeSelector: labelsAt(price, 'nodeSelector', path) };
  const { perPod, perNode } = price;
  if ((perPod === undefined) === (perNode === undefined))
    throw new FieldProblem(path, 'must have either perPod or perNode');
  return perPod === undefined
    ? { ...named, ...nodePrice(objectAt(price, 'perNode', path), `${path}.perNode`) }
    : { ...named, ...podPrice(objectAt(price, 'perPod', path), `${path}.perPod`) };
}

function nodePrice(price: JsonObject, path: string): Pick<NodePrice, 'by' | 'rate'> {
  onlyThese(price, RATES, path);
  return { by: 'node', rate: rateAt(price, path) };
}

function podPrice(price: JsonObject, path: string): Omit<PodPrice, 'name' | 'nodeSelector'> {
  onlyThese(price, ['sizes', 'startupSeconds', 'spot'], path);
  return {
    by: 'pod',
    sizes: listAt(price, 'sizes', path).map((size, index) => sizeOf(size, `${path}.sizes[${index}]`)),
    startupSeconds: wholeAt(price, 'startupSeconds', path, 0),
    spot: price['spot'] === undefined ? undefined : spotOf(objectAt(price, 'spot', path), `${path}.spot`),
  };
}

function sizeOf(size: JsonObject, path: string): PodSize {
  onlyThese(size, ['cpu', 'memory', ...RATES], path);
  const { cpu, memory } = size;
  return {
    cpu: amountAt(size, 'cpu', path),
    memory: amountAt(size, 'memory', path),
    text: `${String(cpu)} CPU, ${String(memory)}`,
    rate: rateAt(size, path),
  };
}

function spotOf(spot: JsonObject, path: string): Spot {
  onlyThese(spot, ['podAnnotations', 'factor'], path);
  const podAnnotations = labelsAt(spot, 'podAnnotations', path);
  if (Object.keys(podAnnotations).length === 0)
    throw new FieldProblem(`${path}.podAnnotations`, 'must say by which annotations such pods are known');
  return { podAnnotations, factor: decimalAt(spot, 'factor', path) };
}

const RATES = ['perSecond', 'perHour'] as const;

function rateAt(object: JsonObject, path: string): Rate {
  const given = RATES.filter((field) => object[field] !== undefined);
  const [field] = given;
  if (field === undefined || given.length > 1)
    throw new FieldProblem(path, 'must have either perSecond or perHour');
  return { amount: decimalAt(object, field, path), seconds: field === 'perSecond' ? 1 : 3_600 };
}

function decimalAt(object: JsonObject, field: string, path: string): bigint {
  const value = parseDecimal(object[field]);
  if (value !== undefined) return value;
  throw new FieldProblem(`${path}.${field}`, 'must be a number, 0 or more, such as 0.00004288');
}

function amountAt(object: JsonObject, resource: 'cpu' | 'memory', path: string): number {
  const amount = parseAmount(resource, object[resource]);
  if (amount !== undefined && amount >= 0) return amount;
  throw new FieldProblem(`${path}.${resource}`, 'must be a quantity such as 1 or 2Gi');
}

function textAt(object: JsonObject, field: string, path: string): string {
  const value = object[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new FieldProblem(at(path, field), 'must be a text');
}

function labelsAt(object: JsonObject, field: string, path: string): Labels {
  const value = object[field] ?? {};
  if (isObject(value) && Object.values(value).every((item) => typeof item === 'string'))
    return textsOf(value);
  throw new FieldProblem(at(path, field), 'must map names to strings (quote values such as "true")');
}

function objectAt(object: JsonObject, field: string, path: string): JsonObject {
  const value = object[field];
  if (isObject(value)) return value;
  throw new FieldProblem(at(path, field), 'must be an object');
}

function listAt(object: JsonObject, field: string, path: string): readonly JsonObject[] {
  const value = object[field];
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) return value.map(asObject);
  throw new FieldProblem(at(path, field), 'must be a list of objects, at least one');
}

function onlyThese(object: JsonObject, fields: readonly string[], path: string): void {
  const unknown = Object.keys(object).find((field) => !fields.includes(field));
  if (unknown !== undefined)
    throw new FieldProblem(at(path, unknown), `is not known here; known are ${fields.join(', ')}`);
}

function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}
