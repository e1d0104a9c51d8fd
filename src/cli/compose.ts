/**
 * The composition root of `serve`: constructs every part and connects them. Nothing runs before {@link Program.start}.
 *
 * @module
 */
import type { Express } from 'express';
import { ApiClient } from '../cluster/api-client.ts';
import { messageOf } from '../facts/message-of.ts';
import { Binder } from '../cluster/binder.ts';
import { Credentials } from '../cluster/credentials.ts';
import type { ListWatchOptions } from '../cluster/list-watch.ts';
import { ListWatch } from '../cluster/list-watch.ts';
import type { Handler, Listed } from '../cluster/mirror.ts';
import { Patcher } from '../cluster/patcher.ts';
import { NODES_PATH, PODS_PATH, POLICIES_PATH } from '../cluster/paths.ts';
import { PodGates } from '../cluster/pod-gates.ts';
import { PodReader } from '../cluster/pod-reader.ts';
import { ServerVersion } from '../cluster/server-version.ts';
import { ClusterView } from '../cluster/view.ts';
import { DeletionCosts } from '../controllers/deletion-costs.ts';
import { PodAlarms } from '../controllers/pod-alarms.ts';
import { startUpkeep } from '../controllers/upkeep.ts';
import { WaitKeeper } from '../controllers/wait-keeper.ts';
import type { WaitingRoomParts } from '../controllers/waiting-room.ts';
import { WaitingRoom } from '../controllers/waiting-room.ts';
import type { Wake } from '../controllers/waker.ts';
import { Waker } from '../controllers/waker.ts';
import { buildApp, buildProbesApp } from '../extender/app.ts';
import { WAKE_ANNOTATION } from '../facts/annotations.ts';
import { nodeFacts } from '../facts/node-facts.ts';
import { podConstraints } from '../facts/pod-constraints.ts';
import type { PodFacts } from '../facts/pod-facts.ts';
import { podFacts } from '../facts/pod-facts.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';
import type { PatchOperation } from '../placement/pin.ts';
import { pinOperations, ungateOperations } from '../placement/pin.ts';
import type { PriceList } from '../placement/price.ts';
import { parseStandingPolicy } from '../policy/standing-policy.ts';
import { Arrivals } from '../scheduling/arrivals.ts';
import { Attempts } from '../scheduling/attempts.ts';
import { Chooser } from '../scheduling/chooser.ts';
import { Committer } from '../scheduling/commit.ts';
import { Decider } from '../scheduling/decide.ts';
import { Matcher } from '../scheduling/matcher.ts';
import { differenceText, OfferCheck } from '../scheduling/offer-check.ts';
import { Preemptor } from '../scheduling/preempt.ts';
import { Ranker } from '../scheduling/rank.ts';
import { Scout } from '../scheduling/scout.ts';
import { Turn } from '../scheduling/turn.ts';
import { Waits } from '../scheduling/waits.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { after } from './after.ts';
import type { Admission } from './admission.ts';
import { composeAdmission } from './admission.ts';
import { composeLeaderWork } from './leader-work.ts';
import type { Page } from './page.ts';
import { composePage } from './page.ts';
import { composePolicyFigures } from './policy-figures.ts';
import type { ServeSettings } from './serve-settings.ts';
import { VERSION } from './version.ts';
import { watchObserver } from './watch-observer.ts';

/**
 * Longest time in which a Binding whose answer was lost may still land: the API server works on a request for at most
 * 60 s (its --request-timeout), and as much again for the watch to tell.
 */
const UNCERTAIN_MS = 120_000;

/**
 * Connections for what no decision waits for. They are apart, and so is the one for the lease: when the API server is slow,
 * Bindings wait for no waking of pods, and the lease for neither, or it would be lost and all be woken again.
 */
const CHORE_CONNECTIONS = 8;
/** For the view: a list and its next page for each of three kinds, which wait for no Binding either. */
const WATCH_CONNECTIONS = 6;

const clock = { nowMs: (): number => performance.now() };

export interface Program {
  readonly app: Express;
  /** The pages of {@link app} alone. */
  readonly probes: Express;
  /** Tells the metrics when the certificate ends that kube-scheduler is shown. */
  certificateEnds(at: Date): void;
  readonly apiServer: string;
  /** Undefined: no page is wanted. */
  readonly page: Page['app'] | undefined;
  /** Undefined: no webhook is wanted. */
  readonly admission: Admission | undefined;
  /**
   * Starts to follow the cluster; resolves with what was found when everything is seen.
   *
   * @param address where this replica listens; no other replica on the host has it.
   */
  start(address: string): Promise<{ pods: number; nodes: number; policies: number }>;
  /** From now on nothing is decided. */
  drain(): void;
  /** Ends everything; call it when no answer is under way any more. */
  stop(): Promise<void>;
}

/**
 * @param prices undefined: nobody asks what pods cost.
 * @throws {import('../cluster/credentials.ts').CredentialsError} when there is no API server to talk to.
 */
export function compose(settings: ServeSettings, logger: Logger, prices?: PriceList): Program {
  const credentials = Credentials.load({ kubeconfigPath: settings.kubeconfig });
  const connect = (connections: number): ApiClient =>
    new ApiClient({ credentials, connections, deadlineMs: settings.apiTimeout });
  const client = connect(settings.apiConnections);
  const choreClient = connect(CHORE_CONNECTIONS);
  const leaseClient = connect(1);
  const watchClient = connect(WATCH_CONNECTIONS);
  const patcher = new Patcher(client);
  const chores = new Patcher(choreClient);
  const ledger = new Ledger({
    virtualNodes: settings.virtualNodeLabel,
    clock,
    checksAtBind: settings.bindVerb,
    listener: {
      room: (group) => waker.room(group),
      released: (released) => {
        if (released.some(({ isInWaitingRoom }) => isInWaitingRoom)) waitingRoom.lookEverywhere();
        for (const pod of released) if (!pod.isGated) alarms.set(pod, 'released', 0);
      },
      counted: (key) => work.counted(key),
      miscosted: (pod) => costs.check(pod),
      doubtful: (pod) => alarms.set(pod, 'binding-lost', 0),
      held: (group) => waitingRoom.look(group),
    },
  });
  const figures = composePolicyFigures({
    ledger,
    policies: () => policies.items(),
    conditions: (key) => work.conditions(key),
    prices,
    virtualNodes: settings.virtualNodeLabel,
    // A list that is taken anew tells of pods that came before it tells of those that went.
    decides: () => pods.following && turn.unready() === undefined,
    metrics: () => metrics,
    logger,
  });
  const metrics = createMetrics({
    ...figures,
    version: VERSION,
    isReady: () => view.unready() === undefined,
    isLeading: () => work.isLeading(),
    reservations: () => ledger.reservationCount,
    trackedPods: () => ledger.podCount,
    trackedNodes: () => ledger.nodeCount,
    policies: () => ledger.policyCount,
    watchAges: () => view.ages(),
    samplingDiffers: () => offers.difference !== undefined,
  });
  const wake = wakeBy(chores, logger, metrics);
  const waker = new Waker({ ledger, clock, wake, schedule: after, isLeading: () => work.isLeading() });
  const alarms = new PodAlarms({ ledger, clock, wake, schedule: after, isLeading: () => work.isLeading() });
  const matcher = new Matcher(ledger);
  const arrivals = new Arrivals({ ledger, matcher, clock, virtualNodes: settings.virtualNodeLabel });
  const waitingRoom = new WaitingRoom({
    ledger,
    clock,
    schedule: after,
    isLeading: () => work.isLeading(),
    open: letOutBy(new PodGates(choreClient), arrivals, logger),
  });
  const annotate = chores.annotatePod.bind(chores);
  const costs = new DeletionCosts({ ledger, annotate, schedule: after, logger });
  const keeper = new WaitKeeper({ ledger, annotate, schedule: after, logger });
  const work = composeLeaderWork({
    client: choreClient,
    leaseClient,
    credentials,
    patcher: chores,
    ledger,
    nodes: () => nodes.items(),
    virtualNodes: settings.virtualNodeLabel,
    samplingProblem: () =>
      offers.difference && differenceText(offers.difference, settings.percentageOfNodesToScore),
    clock,
    schedule: after,
    logger,
    mayYield: () => turn.mayYield(),
    elected: (how) => {
      turn.elected(how);
      waker.roomEverywhere();
      waitingRoom.lookEverywhere();
    },
    others: [costs],
  });
  const admission = composeAdmission({
    settings,
    client: choreClient,
    ledger,
    // By a view that is not of now nobody's place in the line is known.
    arrives: (pod, isReal) =>
      view.unready() === undefined ? arrivals.arrives(pod, isReal) : { kind: 'queued' },
    metrics,
    logger,
  });

  const follow = <Item extends Listed>(
    [name, path]: readonly [string, string],
    parse: (object: JsonObject) => Item,
    handler: Handler<Item> & Pick<ListWatchOptions<Item>, 'after'>,
  ): ListWatch<Item> =>
    new ListWatch({
      name,
      path,
      parse: (object) => parse(asObject(object)),
      handler,
      after: handler.after,
      client: watchClient,
      observer: watchObserver(name, logger, metrics),
    });
  const pods = follow(['pods', PODS_PATH], podFacts, {
    // Each is counted once, when nodes and policies are there.
    after: () => Promise.all([policies.whenSynced(), nodes.whenSynced()]),
    upsert: (pod) => {
      const isNewInLine = ledger.pod(pod.uid)?.isInWaitingRoom !== pod.isInWaitingRoom;
      figures.podSeen(pod, () => ledger.upsertPod(pod));
      if (isNewInLine) arrivals.seen(pod);
      if (pod.nodeName !== undefined) alarms.done(pod.uid);
      turn.seen(pod);
    },
    remove: (pod) => {
      ledger.removePod(pod);
      scout.done(pod.uid);
      alarms.done(pod.uid);
      figures.podGone(pod);
      turn.seen(pod);
    },
  });
  const nodes = follow(['nodes', NODES_PATH], nodeFacts, {
    upsert: (node) => {
      ledger.upsertNode(node);
      figures.nodeChanged(node);
    },
    remove: (node) => {
      ledger.removeNode(node);
      figures.nodeChanged(node);
    },
  });
  const policies = follow(['resourcepolicies', POLICIES_PATH], parseStandingPolicy, {
    upsert: (policy) => {
      ledger.upsertPolicy(policy);
      figures.policySeen(policy);
      work.seen(policy);
      admission?.seen(policy);
    },
    remove: (policy) => {
      ledger.removePolicy(policy);
      figures.policyGone(policy);
      work.gone(policy);
      admission?.gone(policy);
    },
  });
  const watches = [policies, nodes, pods];
  const view = new ClusterView({
    watches,
    maxSilenceMs: settings.maxSilence,
    settleMs: settings.bindVerb ? 0 : settings.reservationTimeout,
    nowMs: clock.nowMs,
  });

  const turn = new Turn({
    ledger,
    view,
    lease: work,
    touch: (pod) => patcher.touchPod(pod, { [WAKE_ANNOTATION]: new Date().toISOString() }),
    isFollowing: () => pods.following,
    clock,
    schedule: after,
  });
  const reader = new PodReader(client);
  const chooser = new Chooser(
    ledger,
    new Waits({
      wallClock: Date.now,
      began: (pod, since) => keeper.keep(pod, since),
      waiting: (pod, leftMs) => alarms.set(pod, 'wait-over', leftMs),
    }),
    new Attempts({ clock, retry: (pod, afterMs) => alarms.set(pod, 'attempt-over', afterMs) }),
  );
  const pages = {
    unready: () => view.unready(),
    metrics,
  };
  const offers = new OfferCheck({
    percentage: settings.percentageOfNodesToScore,
    changed: (difference) => {
      if (difference === undefined)
        logger.info('kube-scheduler offers as many nodes as it was said to again');
      else logger.warn(differenceText(difference, settings.percentageOfNodesToScore));
      work.lookEverywhere();
    },
  });
  const scout = new Scout({
    ledger,
    clock,
    percentage: settings.percentageOfNodesToScore,
    nominate: async (pod, nodeName) => {
      try {
        return (await chores.nominate(pod, nodeName)) === 'patched';
      } catch (error) {
        logger.warn({ pod: nameOf(pod), node: nodeName }, `node could not be nominated: ${messageOf(error)}`);
        return false;
      }
    },
    retry: (pod, afterMs) => alarms.set(pod, 'nomination-over', afterMs),
    remind: (pod, afterMs) => alarms.set(pod, 'nomination-unheard', afterMs),
  });
  const app = buildApp({
    decider: new Decider({ ledger, matcher, view: turn, chooser, scout, offers }),
    preemptor: new Preemptor({ ledger, matcher, view: turn, chooser, scout }),
    comes: (pod) => {
      waitingRoom.asked(pod);
      return turn.comes(pod);
    },
    ranker: new Ranker(ledger, matcher),
    committer: new Committer({
      ledger,
      matcher,
      view: turn,
      binder: new Binder(client, reader, new ServerVersion(client), () => work.isLeading()),
      pods: reader,
    }),
    ...pages,
    observe: (verb, outcome, seconds) => metrics.call(verb, outcome, seconds),
    decided: (decision) => metrics.decided(decision),
    committed: ({ place }) => metrics.bound(place),
    logger,
    bodyLimitBytes: settings.bodyLimitMb * 1_000_000,
  });

  const page = composePage({
    settings,
    ledger,
    matcher,
    policies,
    pods,
    watches,
    view,
    turn,
    work,
    client: choreClient,
    logger,
  });

  let stopUpkeep: (() => void) | undefined;
  return {
    app,
    probes: buildProbesApp(pages),
    page: page?.app,
    certificateEnds: (at) => metrics.certificateEnds(at),
    apiServer: credentials.server.href,
    admission,
    start: async (address) => {
      page?.started(address);
      for (const watch of watches) watch.start();
      await Promise.all(watches.map((watch) => watch.whenSynced()));
      turn.viewChanged();
      stopUpkeep = startUpkeep({
        ledger,
        isReady: () => view.unready() === undefined,
        podsCurrentAtMs: () => pods.currentAtMs,
        reservedMs: settings.reservationTimeout,
        uncertainMs: UNCERTAIN_MS,
        clock,
        onExpired: (reservations) => {
          metrics.reservationsExpired(reservations.length);
          logger.warn({ pods: reservations.map(({ pod }) => nameOf(pod)) }, 'reservations expired');
        },
        onMismatch: (differences) => {
          metrics.ledgerMismatches(differences.length);
          logger.error(
            { differences },
            'the ledger differed from a recount and was corrected; please report this',
          );
        },
      });
      admission?.start();
      work.start(address);
      return { pods: pods.size, nodes: nodes.size, policies: policies.size };
    },
    drain: () => {
      view.stopping();
      turn.viewChanged();
      void admission?.stop();
    },
    stop: async () => {
      await admission?.stop();
      stopUpkeep?.();
      waker.stop();
      waitingRoom.stop();
      alarms.stop();
      keeper.stop();
      await work.stop();
      await Promise.all(watches.map((watch) => watch.stop()));
      await Promise.all([client, choreClient, leaseClient, watchClient].map((each) => each.close()));
    },
  };
}

function wakeBy(patcher: Patcher, logger: Logger, metrics: Metrics): Wake {
  return async (pod) => {
    const outcome = await patcher
      .annotatePod(pod, { [WAKE_ANNOTATION]: new Date().toISOString() })
      .catch((error: unknown) => {
        logger.warn(
          { pod: nameOf(pod) },
          `waiting pod could not be woken, trying again: ${messageOf(error)}`,
        );
        return 'failed' as const;
      });
    metrics.woken(outcome);
    return outcome;
  };
}

/** Takes the gate of the waiting room off a pod, and pins it where its unit is certain by now. */
function letOutBy(gates: PodGates, arrivals: Arrivals, logger: Logger): WaitingRoomParts['open'] {
  // By the pod as it is now: it may have been given other labels since it was seen.
  const changes = (object: JsonObject): readonly PatchOperation[] | undefined => {
    const opened = ungateOperations(object);
    if (opened === undefined) return undefined;
    const pin = arrivals.leaves({ ...podFacts(object), constraints: podConstraints(object) });
    return [...opened, ...(pin === undefined ? [] : (pinOperations(object, pin) ?? []))];
  };
  return async (pod) => {
    try {
      return await gates.open(pod, changes);
    } catch (error) {
      logger.warn(
        { pod: nameOf(pod) },
        `pod could not be let out of the waiting room, trying again: ${messageOf(error)}`,
      );
      return 'failed';
    }
  };
}

function nameOf(pod: PodFacts): string {
  return `${pod.namespace}/${pod.name}`;
}
