// One run: random operations through the interfaces of one database beside the plain model. Every write
// goes through an interface chosen by chance; what is read is asked of all of them, and has to be what
// the model says.

import assert from 'node:assert/strict';
import { randomFrom } from '../../src/storage/random.ts';
import type { Face, PlainObject, PlainSearch, Seen, SeenHit } from './face.ts';
import { Model, seenOf } from './model.ts';
import { groupedBy, itemCollection, RandomItems, startTime } from './random-items.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Operations between two restarts. */
  readonly steps?: number;
  readonly restarts?: number;
  /** Puts something wrong into an interface. */
  readonly spoil?: (face: Face) => Face;
  /** Puts something wrong into what a restart brings back. */
  readonly afterRestart?: (world: World) => Promise<void>;
}

const collection = 'Items';
/** Scores of the model are of double precision, those of the database of single. */
const tolerance = 2e-5;

/** Rejects with what disagreed; the message names the seed and the step. */
export async function run(options: RunOptions): Promise<void> {
  const { seed, steps = 40, restarts = 2 } = options;
  const random = new RandomItems(randomFrom(seed));
  const metric = random.pick(['cosine', 'dot', 'l2-squared'] as const);
  const flushBytes = random.pick([8_000, 40_000, 1 << 26]);
  let now = startTime;
  await using world = await World.open({ seed, flushBytes, clock: () => now });
  await world.db.createCollection(itemCollection(collection, { metric }));
  const agreement = new Agreement(world, new Model({ metric }), random, options.spoil);
  for (let life = 0; life <= restarts; life += 1) {
    for (let step = 0; step < steps; step += 1) {
      now += 1;
      await told(`seed ${seed}, life ${life}, step ${step}`, () => agreement.step(now));
    }
    await told(`seed ${seed}, end of life ${life}`, () => agreement.checkAll());
    if (life === restarts) break;
    await world.restart(random.pick(['close', 'lose', 'tear'] as const));
    await options.afterRestart?.(world);
    await told(`seed ${seed}, start of life ${life + 1}`, () => agreement.checkAll());
  }
}

async function told(where: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${where}: ${reason}`, { cause });
  }
}

class Agreement {
  readonly #world: World;
  readonly #model: Model;
  readonly #random: RandomItems;
  readonly #spoil: (face: Face) => Face;

  constructor(world: World, model: Model, random: RandomItems, spoil = (face: Face): Face => face) {
    this.#world = world;
    this.#model = model;
    this.#random = random;
    this.#spoil = spoil;
  }

  get #faces(): readonly Face[] {
    return this.#world.faces.map(this.#spoil);
  }

  /** One operation, and the reading of what it touched. */
  async step(now: number): Promise<void> {
    const random = this.#random;
    const write = random.pick(this.#writes());
    await write(now);
    if (random.chance(0.05)) await this.#world.flush();
    if (random.chance(0.05)) await this.#world.rest();
    await random.pick([
      () => this.#checkObject(random.uuid()),
      () => this.#checkFetch(),
      () => this.#checkFilter(),
      () => this.#checkSearch(),
      () => this.#checkSearch(),
      () => this.#checkGroups(),
    ])();
  }

  /** Every object through every interface, and a search of each kind. */
  async checkAll(): Promise<void> {
    for (const face of this.#faces) {
      const seen = await this.#walk(face);
      assert.deepEqual(seen, this.#model.all().map(seenOf), `${face.name}: all objects`);
    }
    for (const { uuid } of this.#model.all()) await this.#checkObject(uuid);
    for (let times = 0; times < 10; times += 1) await this.#checkSearch();
  }

  /** By cursor, a few objects at a time. */
  async #walk(face: Face): Promise<Seen[]> {
    const all: Seen[] = [];
    for (;;) {
      const page = await face.fetch(collection, { limit: 7, after: all.at(-1)?.uuid ?? '' });
      all.push(...page);
      if (page.length < 7) return all;
    }
  }

  #writes(): readonly ((now: number) => Promise<void>)[] {
    const insertMany = (now: number): Promise<void> => this.#insertMany(now);
    return [
      insertMany,
      insertMany,
      (now) => this.#insert(now),
      (now) => this.#replace(now),
      (now) => this.#merge(now),
      () => this.#delete(),
      () => this.#deleteMany(),
    ];
  }

  /** An interface that has the call. */
  #with<Name extends keyof Face>(name: Name): Required<Pick<Face, Name>> & Face {
    const able = this.#faces.filter((face) => face[name] !== undefined);
    return this.#random.pick(able) as Required<Pick<Face, Name>> & Face;
  }

  async #insertMany(now: number): Promise<void> {
    const face = this.#with('insertMany');
    const objects = this.#random.uuids(8).map((uuid) => this.#random.object(uuid));
    const outcomes = await face.insertMany(collection, objects);
    for (const object of objects) this.#model.put(object, now);
    const wanted = objects.map(() => 'done');
    assert.deepEqual(outcomes, wanted, `${face.name}: batch`);
  }

  async #insert(now: number): Promise<void> {
    const face = this.#with('insert');
    const object = this.#random.object(this.#random.uuid());
    const outcome = await face.insert(collection, object);
    assert.equal(outcome, this.#model.insert(object, now), `${face.name}: insert ${object.uuid}`);
    await this.#checkObject(object.uuid);
  }

  async #replace(now: number): Promise<void> {
    const face = this.#with('replace');
    const object: PlainObject = this.#random.object(this.#random.uuid());
    const outcome = await face.replace(collection, object);
    assert.equal(outcome, this.#model.replace(object, now), `${face.name}: replace ${object.uuid}`);
    await this.#checkObject(object.uuid);
  }

  async #merge(now: number): Promise<void> {
    const face = this.#with('merge');
    const uuid = this.#random.uuid();
    const patch = this.#random.patch();
    const outcome = await face.merge(collection, uuid, patch);
    assert.equal(outcome, this.#model.merge(uuid, patch, now), `${face.name}: merge ${uuid}`);
    await this.#checkObject(uuid);
  }

  async #delete(): Promise<void> {
    const uuid = this.#random.uuid();
    await this.#with('delete').delete(collection, uuid);
    this.#model.delete(uuid);
    await this.#checkObject(uuid);
  }

  /** Only where it leaves most objects. */
  async #deleteMany(): Promise<void> {
    const filter = this.#random.filter();
    const wanted = this.#model.all(filter).map(({ uuid }) => uuid);
    const dryRun = wanted.length * 3 > this.#model.size;
    const face = this.#with('deleteMany');
    const { matches, uuids } = await face.deleteMany(collection, filter, dryRun);
    const where = `${face.name}: delete by ${JSON.stringify(filter)}`;
    assert.deepEqual(uuids.toSorted(), wanted, where);
    assert.equal(matches, wanted.length, where);
    if (!dryRun) for (const uuid of wanted) this.#model.delete(uuid);
    assert.equal(this.#world.db.collection(collection).count(), this.#model.size, 'count');
  }

  async #checkObject(uuid: string): Promise<void> {
    const object = this.#model.get(uuid);
    const wanted = object && { ...seenOf(object), vectors: object.vectors };
    for (const face of this.#faces) {
      const seen = await face.get(collection, uuid);
      assert.deepEqual(seen, wanted, `${face.name}: object ${uuid}`);
      const exists = await face.exists?.(collection, uuid);
      assert.equal(exists ?? wanted !== undefined, wanted !== undefined, `${face.name}: exists`);
    }
  }

  async #checkFetch(): Promise<void> {
    const random = this.#random;
    const page = { limit: 1 + random.below(30), offset: random.below(10), sort: random.sort() };
    const filter = random.filter();
    for (const face of this.#faces) {
      const request = face.name === 'rest' ? page : { ...page, filter };
      const seen = await face.fetch(collection, request);
      const where = `${face.name}: fetch ${JSON.stringify(request)}`;
      assert.deepEqual(seen, this.#model.fetch(request), where);
    }
  }

  /** Which objects pass, asked as a deletion that does not happen. */
  async #checkFilter(): Promise<void> {
    const filter = this.#random.filter(3);
    const wanted = this.#model.all(filter).map(({ uuid }) => uuid);
    for (const face of this.#faces) {
      const { uuids } = await face.deleteMany(collection, filter, true);
      assert.deepEqual(uuids.toSorted(), wanted, `${face.name}: ${JSON.stringify(filter)}`);
    }
    assert.equal(this.#world.db.collection(collection).count(filter), wanted.length, 'count');
  }

  async #checkSearch(): Promise<readonly SeenHit[]> {
    const request = this.#search();
    const answers = await this.#ask(request);
    const [first = []] = answers;
    for (const hits of answers) assert.deepEqual(hits, first, `alike: ${JSON.stringify(request)}`);
    this.#agree(first, request);
    return first;
  }

  async #checkGroups(): Promise<void> {
    const request = this.#search();
    const [hits = []] = await this.#ask(request);
    const group = {
      property: this.#random.pick(groupedBy),
      groupsMax: 1 + this.#random.below(5),
      objectsPerGroupMax: 1 + this.#random.below(5),
    };
    const wanted = this.#model.groups(hits, group);
    for (const face of this.#faces) {
      const groups = await face.groups?.(collection, request, group);
      if (!groups) continue;
      const where = `${face.name}: ${JSON.stringify({ request, group })}`;
      assert.deepEqual(groups, wanted, where);
    }
  }

  #search(): PlainSearch {
    const withVector = this.#model.all().filter(({ vectors }) => vectors.mv);
    return this.#random.search(withVector.map(({ uuid }) => uuid));
  }

  /** The hits of every interface that searches, scores as a wire of single precision has them. */
  async #ask(request: PlainSearch): Promise<SeenHit[][]> {
    const able = this.#faces.filter(({ search }) => search);
    return Promise.all(
      able.map(async (face) => {
        const hits = (await face.search?.(collection, request)) ?? [];
        return hits.map(({ uuid, score }) => ({ uuid, score: Math.fround(score) + 0 }));
      }),
    );
  }

  /** As many hits as the model has, each with its own score, at a place that the score deserves. */
  #agree(hits: readonly SeenHit[], request: PlainSearch): void {
    const where = JSON.stringify(request);
    const all = this.#model.scores(request);
    const { offset = 0, limit = 10 } = request;
    const wanted = all.slice(offset, offset + limit);
    assert.equal(hits.length, wanted.length, `hits of ${where}`);
    assert.equal(new Set(hits.map(({ uuid }) => uuid)).size, hits.length, `repeated: ${where}`);
    const own = new Map(all.map(({ uuid, score }) => [uuid, score]));
    for (const [place, { uuid, score }] of hits.entries()) {
      near(score, own.get(uuid), `score of ${uuid}: ${where}`);
      near(score, wanted[place]?.score, `place ${place}: ${where}`);
    }
  }
}

function near(seen: number, wanted: number | undefined, where: string): void {
  assert.ok(wanted !== undefined, `should not be found: ${where}`);
  const far = Math.abs(seen - wanted) > tolerance * Math.max(1, Math.abs(wanted));
  assert.ok(!far, `${seen} is not ${wanted}: ${where}`);
}
