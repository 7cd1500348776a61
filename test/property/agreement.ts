// One run: random operations through the interfaces of one database beside the plain model. Every write
// goes through an interface chosen by chance; what is read is asked of all of them, and has to be what
// the model says.

import assert from 'node:assert/strict';
import { randomFrom } from '../../src/storage/random.ts';
import {
  type Face,
  type PlainObject,
  type PlainSearch,
  type Seen,
  type SeenHit,
  withoutNulls,
} from './face.ts';
import { Model, type ModelObject, type ModelSettings, seenOf } from './model.ts';
import {
  authorCollection,
  groupedBy,
  itemCollection,
  RandomItems,
  startTime,
} from './random-items.ts';
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
/** Another name of it, which every call takes as well. */
const alias = 'Things';
const authors = 'Author';
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
  await world.db.createCollection(authorCollection);
  await world.db.createCollection(itemCollection(collection, { metric }));
  await world.db.createAlias(alias, collection);
  const agreement = new Agreement(world, metric, random, options.spoil);
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
  readonly #authors: Model;
  readonly #model: Model;
  readonly #random: RandomItems;
  readonly #spoil: (face: Face) => Face;

  constructor(
    world: World,
    metric: ModelSettings['metric'],
    random: RandomItems,
    spoil = (face: Face): Face => face,
  ) {
    this.#world = world;
    this.#authors = new Model({ metric });
    this.#model = new Model({ metric }, (reference) => this.#author(reference));
    this.#random = random;
    this.#spoil = spoil;
  }

  #author(reference: string): ModelObject | undefined {
    return this.#authors.get(reference.replace(`${authors}/`, ''));
  }

  /** Those that are there. */
  get #authorUuids(): readonly string[] {
    return this.#authors.all().map(({ uuid }) => uuid);
  }

  /** Mostly of an object that is there. */
  get #uuid(): string {
    const stored = this.#model.all().map(({ uuid }) => uuid);
    const isStored = stored.length > 0 && this.#random.chance(0.7);
    return isStored ? this.#random.pick(stored) : this.#random.uuid();
  }

  /** The collection by one of its names. */
  get #name(): string {
    return this.#random.chance(0.5) ? collection : alias;
  }

  /** What an interface shows of an object: gRPC leaves out references to what is gone. */
  #shown<Shown extends Seen>(face: Face, object: Shown): Shown {
    const { by } = object.properties;
    if (face.name !== 'grpc' || !Array.isArray(by)) return object;
    const there = (by as string[]).filter((reference) => this.#author(reference));
    return { ...object, properties: withoutNulls({ ...object.properties, by: there }) };
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
      () => this.#checkAggregate(),
    ])();
  }

  /** Every object through every interface, with its vectors through one of them, and some searches. */
  async checkAll(): Promise<void> {
    for (const face of this.#faces) {
      const seen = await this.#walk(face);
      const wanted = this.#model.all().map((object) => this.#shown(face, seenOf(object)));
      assert.deepEqual(seen, wanted, `${face.name}: all objects`);
    }
    for (const { uuid } of this.#model.all()) {
      await this.#checkObject(uuid, [this.#random.pick(this.#faces)]);
    }
    for (let times = 0; times < 10; times += 1) await this.#checkSearch();
  }

  /** By cursor, a few objects at a time. */
  async #walk(face: Face): Promise<Seen[]> {
    const all: Seen[] = [];
    for (;;) {
      const page = await face.fetch(this.#name, { limit: 7, after: all.at(-1)?.uuid ?? '' });
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
      (now) => this.#insertAuthors(now),
      () => this.#deleteAuthor(),
      (now) => this.#refer(now),
      (now) => this.#referMany(now),
    ];
  }

  /** An interface that has the call. */
  #with<Name extends keyof Face>(name: Name): Required<Pick<Face, Name>> & Face {
    const able = this.#faces.filter((face) => face[name] !== undefined);
    return this.#random.pick(able) as Required<Pick<Face, Name>> & Face;
  }

  async #insertMany(now: number): Promise<void> {
    const face = this.#with('insertMany');
    const objects = this.#random
      .uuids(8)
      .map((uuid) => this.#random.object(uuid, [this.#random.authorUuid()]));
    const outcomes = await face.insertMany(this.#name, objects);
    for (const object of objects) this.#model.put(object, now);
    const wanted = objects.map(() => 'done');
    assert.deepEqual(outcomes, wanted, `${face.name}: batch`);
  }

  async #insert(now: number): Promise<void> {
    const face = this.#with('insert');
    const object = this.#random.object(this.#random.uuid(), this.#authorUuids);
    const outcome = await face.insert(this.#name, object);
    assert.equal(outcome, this.#model.insert(object, now), `${face.name}: insert ${object.uuid}`);
    await this.#checkObject(object.uuid);
  }

  async #replace(now: number): Promise<void> {
    const face = this.#with('replace');
    const object: PlainObject = this.#random.object(this.#uuid, this.#authorUuids);
    const outcome = await face.replace(this.#name, object);
    assert.equal(outcome, this.#model.replace(object, now), `${face.name}: replace ${object.uuid}`);
    await this.#checkObject(object.uuid);
  }

  async #merge(now: number): Promise<void> {
    const face = this.#with('merge');
    const uuid = this.#uuid;
    const patch = this.#random.patch(this.#authorUuids);
    const outcome = await face.merge(this.#name, uuid, patch);
    assert.equal(outcome, this.#model.merge(uuid, patch, now), `${face.name}: merge ${uuid}`);
    await this.#checkObject(uuid);
  }

  async #delete(): Promise<void> {
    const uuid = this.#uuid;
    await this.#with('delete').delete(this.#name, uuid);
    this.#model.delete(uuid);
    await this.#checkObject(uuid);
  }

  /** Only where it leaves most objects. */
  async #deleteMany(): Promise<void> {
    const filter = this.#random.filter();
    const wanted = this.#model.all(filter).map(({ uuid }) => uuid);
    const dryRun = wanted.length * 3 > this.#model.size;
    const face = this.#with('deleteMany');
    const { matches, uuids } = await face.deleteMany(this.#name, filter, dryRun);
    const where = `${face.name}: delete by ${JSON.stringify(filter)}`;
    assert.deepEqual(uuids.toSorted(), wanted, where);
    assert.equal(matches, wanted.length, where);
    if (!dryRun) for (const uuid of wanted) this.#model.delete(uuid);
    assert.equal(this.#world.db.collection(collection).count(), this.#model.size, 'count');
  }

  async #insertAuthors(now: number): Promise<void> {
    const face = this.#with('insertMany');
    const uuids = [...new Set(this.#random.values(() => this.#random.authorUuid()))];
    const objects = uuids.map((uuid) => this.#random.author(uuid));
    const outcomes = await face.insertMany(authors, objects);
    for (const object of objects) this.#authors.put(object, now);
    assert.deepEqual(
      outcomes,
      objects.map(() => 'done'),
      `${face.name}: authors`,
    );
  }

  /** What refers to the author goes on doing so. */
  async #deleteAuthor(): Promise<void> {
    const uuid = this.#random.authorUuid();
    await this.#with('delete').delete(authors, uuid);
    this.#authors.delete(uuid);
  }

  /** A reference is added, taken away, or put in the place of all. */
  async #refer(now: number): Promise<void> {
    const uuid = this.#uuid;
    const to = `${authors}/${this.#random.authorUuid()}`;
    const model = this.#model;
    const kind = this.#random.below(3);
    const face = this.#with('addReference');
    const where = `${face.name}: reference ${kind} of ${uuid} to ${to}`;
    if (kind === 0) {
      const wanted = model.refer(uuid, (older) => [...older, to], now, [to]);
      assert.equal(await face.addReference(this.#name, { uuid, to }), wanted, where);
    } else if (kind === 1) {
      const wanted = model.refer(uuid, (older) => older.filter((each) => each !== to), now);
      assert.equal(await face.deleteReference?.(this.#name, { uuid, to }), wanted, where);
    } else {
      const wanted = model.refer(uuid, () => [to], now, [to]);
      assert.equal(await face.replaceReferences?.(this.#name, uuid, [to]), wanted, where);
    }
    await this.#checkObject(uuid);
  }

  /** In one request; what is there already counts again, and what is gone may be referred to. */
  async #referMany(now: number): Promise<void> {
    const face = this.#with('addReferences');
    const references = this.#random.uuids(5).map((uuid) => {
      return { uuid, to: `${authors}/${this.#random.authorUuid()}` };
    });
    const outcomes = await face.addReferences(this.#name, references);
    const wanted = references.map(({ uuid, to }) =>
      this.#model.refer(uuid, (older) => [...older, to], now),
    );
    assert.deepEqual(outcomes, wanted, `${face.name}: references ${JSON.stringify(references)}`);
    await this.#checkObject(references[0]?.uuid ?? '');
  }

  async #checkAggregate(): Promise<void> {
    const question = this.#random.question();
    const { count, properties, groups } = this.#model.aggregate(question);
    for (const face of this.#faces) {
      const answer = await face.aggregate?.(this.#name, question);
      if (!answer) continue;
      const where = `${face.name}: ${JSON.stringify(question)}`;
      assert.deepEqual(answer.groups, groups, where);
      assert.deepEqual(answer.properties, properties, where);
      // gRPC counts group by group only.
      if (!question.groupBy) assert.equal(answer.count, count, where);
    }
  }

  async #checkObject(uuid: string, faces = this.#faces): Promise<void> {
    const object = this.#model.get(uuid);
    const wanted = object && { ...seenOf(object), vectors: object.vectors };
    for (const face of faces) {
      const seen = await face.get(this.#name, uuid);
      const shown = wanted && this.#shown(face, wanted);
      assert.deepEqual(seen, shown, `${face.name}: object ${uuid}`);
      const exists = await face.exists?.(this.#name, uuid);
      assert.equal(exists ?? wanted !== undefined, wanted !== undefined, `${face.name}: exists`);
    }
  }

  async #checkFetch(): Promise<void> {
    const random = this.#random;
    const page = { limit: 1 + random.below(30), offset: random.below(10), sort: random.sort() };
    const filter = random.filter();
    for (const face of this.#faces) {
      const request = face.name === 'rest' ? page : { ...page, filter };
      const seen = await face.fetch(this.#name, request);
      const where = `${face.name}: fetch ${JSON.stringify(request)}`;
      const wanted = this.#model.fetch(request).map((object) => this.#shown(face, object));
      assert.deepEqual(seen, wanted, where);
    }
  }

  /** Which objects pass, asked as a deletion that does not happen. */
  async #checkFilter(): Promise<void> {
    const filter = this.#random.filter(3);
    const wanted = this.#model.all(filter).map(({ uuid }) => uuid);
    for (const face of this.#faces) {
      const { uuids } = await face.deleteMany(this.#name, filter, true);
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
      const groups = await face.groups?.(this.#name, request, group);
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
        const hits = (await face.search?.(this.#name, request)) ?? [];
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
    // The model ranks nothing anew: of such hits it knows which there are, the interfaces agree on the rest.
    const isHybrid = request.kind === 'hybrid';
    const isFusedByPlace = isHybrid && request.fusion === 'ranked';
    const isBoosted = request.boost && (isHybrid || request.kind === 'keyword');
    const isRanked = request.boost ?? (request.kind === 'keyword' ? undefined : request.diversity);
    for (const [place, { uuid, score }] of hits.entries()) {
      assert.ok(own.has(uuid), `${uuid} should not be found: ${where}`);
      if (isFusedByPlace || isBoosted) continue;
      near(score, own.get(uuid), `score of ${uuid}: ${where}`);
      if (!isRanked) near(score, wanted[place]?.score, `place ${place}: ${where}`);
    }
  }
}

function near(seen: number, wanted: number | undefined, where: string): void {
  assert.ok(wanted !== undefined, `should not be found: ${where}`);
  const far = Math.abs(seen - wanted) > tolerance * Math.max(1, Math.abs(wanted));
  assert.ok(!far, `${seen} is not ${wanted}: ${where}`);
}
