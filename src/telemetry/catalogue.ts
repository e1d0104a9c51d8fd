/**
 * Every metric: what it is called, what it means, and which replica exposes it. The metrics are made of this, and so is
 * their reference, docs/metrics.md.
 *
 * Labels are bounded. Outcomes, reasons and the like are closed vocabularies; policies are at most as many as
 * {@link MOST_POLICIES}, with at most 16 units each (the CRD's limit); no label is ever made of a pod, a group or a node.
 *
 * @module
 */

/** Stands before every name but those that Prometheus gives to all processes. */
export const PREFIX = 'resource_policy_';

/**
 * Most policies with series of their own: the oldest ones, so that a new policy never ends the series of another. How many
 * are left out is a metric.
 */
export const MOST_POLICIES = 250;

/** Which replicas expose a metric, in the words of the reference. */
export const EXPOSERS = {
  each: 'every replica, of itself',
  leader: 'the replica that leads',
  tls: 'every replica that shows a certificate (`--tls-cert`)',
  prices: 'the replica that leads, with `--prices`',
  webhook: 'every replica with `--admission`',
} as const;

/** What the labels mean. */
export const LABELS = {
  condition: 'Type of a condition of the policy’s status.',
  currency: 'As the price list has it; nothing is converted.',
  index: 'Place of the unit in the policy’s order, from 1, as in messages.',
  node_version: 'Version of Node.js.',
  outcome: 'How it ended; a closed vocabulary.',
  policy: 'Name of the ResourcePolicy.',
  policy_namespace:
    'Namespace of the ResourcePolicy. (Not `namespace`: that is where Prometheus puts the namespace of the target.)',
  price: 'Name of the price in the price list.',
  reason: 'Why; a closed vocabulary.',
  resource:
    'Of a watch: `pods`, `nodes` or `resourcepolicies`. Of a unit: its `resource`, empty for any node.',
  resource_name: 'Resource of `maxResources`, such as `cpu`.',
  spot: '`true`: capacity that may be taken back, by the annotations in the price list.',
  unit: 'Name of the unit, made of its resource and nodeSelector: the same when units are inserted or reordered.',
  verb: 'Call of kube-scheduler: `filter`, `prioritize`, `preempt` or `bind`.',
  version: 'Version of resource-policy.',
} as const;
export type LabelName = keyof typeof LABELS;

export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** For people: what it counts, what 0 and absence mean, and what to make of it. */
  readonly help: string;
  readonly labels: readonly LabelName[];
  readonly by: keyof typeof EXPOSERS;
  /** Of a histogram: upper bounds, in seconds. */
  readonly buckets?: readonly number[];
}

const OF_POLICY = ['policy_namespace', 'policy'] as const;
const OF_UNIT = [...OF_POLICY, 'unit', 'index', 'resource'] as const;
const IN_PROCESS = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 1];
const WITH_API_SERVER = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

function seconds(verb: string, buckets: readonly number[]): Definition {
  const help = `Time from the complete body of /${verb} to its answer.`;
  return { type: 'histogram', help, labels: [], by: 'each', buckets };
}

function counter(help: string, labels: readonly LabelName[] = [], by: Definition['by'] = 'each'): Definition {
  return { type: 'counter', help, labels, by };
}

function gauge(help: string, labels: readonly LabelName[] = [], by: Definition['by'] = 'each'): Definition {
  return { type: 'gauge', help, labels, by };
}

/** By name without {@link PREFIX}, in the order of the reference. */
export const CATALOGUE = {
  build_info: gauge('Always 1; the labels say what runs.', ['version', 'node_version']),
  ready: gauge(
    '1: everything was listed, no watch is silent for too long, and the process is not stopping, as /readyz says. 0: nothing is decided here.',
  ),
  leader: gauge(
    '1: this replica holds the lease, so it decides, and exposes the figures of policies. Summed over the replicas it is 1.',
  ),
  certificate_expiry_timestamp_seconds: gauge(
    'When the certificate that kube-scheduler is shown ends, in seconds since the epoch. It follows the file as it is renewed.',
    [],
    'tls',
  ),

  calls_total: counter('Answered calls of kube-scheduler. Every outcome is there from the start, with 0.', [
    'verb',
    'outcome',
  ]),
  filter_seconds: seconds('filter', IN_PROCESS),
  prioritize_seconds: seconds('prioritize', IN_PROCESS),
  preempt_seconds: seconds('preempt', IN_PROCESS),
  bind_seconds: seconds('bind', WITH_API_SERVER),
  decisions_total: counter(
    'Answers of /filter about pods of a policy. `chosen` and `waiting` name the unit, other outcomes have none (empty): `full` is every unit at max, `lacks-resources` no feasible node in a unit below max, `missing-label` and `invalid-policy` the pod or policy at fault. kube-scheduler asks again and again about a pod that waits, so this counts answers, not pods. Pods that several policies select are in calls_total alone.',
    [...OF_POLICY, 'unit', 'outcome'],
  ),
  bindings_total: counter('Pods that this replica bound to a node of the unit.', [...OF_POLICY, 'unit']),

  scheduler_sampling_differs: gauge(
    '1 when kube-scheduler offers other numbers of nodes than with the percentageOfNodesToScore that --percentage-of-nodes-to-score names: the order of units may suffer. 0 otherwise.',
  ),
  policies: gauge('ResourcePolicies in the view.'),
  policies_left_out: gauge(
    `Policies without series of their own: with more than ${MOST_POLICIES} policies the oldest ${MOST_POLICIES} have them. Limits are kept for all.`,
  ),
  groups: gauge(
    'Groups of the policy with a pod, such as jobs: each combination of values of matchLabelKeys. max holds for each.',
    OF_POLICY,
    'leader',
  ),
  waiting_pods: gauge(
    'Pods that the policy selects and that hold no place. Reason `at-max`: no unit has room for the longest waiting pod of their group. `below-max`: some unit has, so they wait for a feasible node, a time, terminating pods, or for kube-scheduler to try them. `gated`: scheduling gates of others keep them from kube-scheduler. `conflict`: other policies select them too. `no-group`: they lack a label of matchLabelKeys, or the policy is invalid.',
    [...OF_POLICY, 'reason'],
    'leader',
  ),
  condition: gauge(
    'Conditions of the policy as in its status: 1 is True, 0 is False. Ready and Enforced should be 1, the others 0.',
    [...OF_POLICY, 'condition'],
    'leader',
  ),
  unit_bound_pods: gauge(
    'Bound pods that count in the unit, of all groups. Share of elastic capacity: those with resource="eci" by all.',
    OF_UNIT,
    'leader',
  ),
  unit_reserved_pods: gauge(
    'Places in the unit held for pods on their way from /filter to being seen bound.',
    OF_UNIT,
    'leader',
  ),
  unit_max_pods: gauge('max of the unit: most pods of each group. Absent: no limit.', OF_UNIT, 'leader'),
  unit_fullest_group_pods: gauge(
    'Places taken, bound and held, by the group that has most of them in the unit: what comes nearest to max.',
    OF_UNIT,
    'leader',
  ),
  unit_groups_at_max: gauge(
    'Groups that no further place is left for in the unit, by max or by an amount of maxResources that is used up.',
    OF_UNIT,
    'leader',
  ),
  unit_groups_over_max: gauge(
    'Groups with more bound pods, or more of a resource, than the unit allows now. Not 0 only after a limit was lowered or a policy came to pods that ran already, or when pods were bound by others or their labels or nodes changed: nobody is evicted for it. What this program did wrong is in overshoots_total.',
    OF_UNIT,
    'leader',
  ),
  unit_nodes: gauge('Nodes of the unit, cordoned and full ones too.', OF_UNIT, 'leader'),
  unit_used_resources: gauge(
    'Requests of the pods in the unit, bound and held, of all groups, where maxResources limits them: cores of cpu, bytes of memory and storage, else whole things.',
    [...OF_UNIT, 'resource_name'],
    'leader',
  ),
  unit_max_resources: gauge(
    'maxResources of the unit: most requests of each group, as unit_used_resources counts.',
    [...OF_UNIT, 'resource_name'],
    'leader',
  ),
  spend_per_hour: gauge(
    'What the bound pods of the policy cost an hour, by the price list. Pods that are billed by themselves cost their size. A node that is billed costs the policies whose pods are on it, each in proportion to its pods; nodes without one are in no sum.',
    [...OF_POLICY, 'price', 'spot', 'currency'],
    'prices',
  ),
  unpriced_pods: gauge(
    'Bound pods of the policy that spend_per_hour leaves out: they are on a virtual node that no price holds for, or no size of its price holds what they request.',
    OF_POLICY,
    'prices',
  ),

  reservations: gauge(
    'Places held for pods that are not yet seen bound: as many as kube-scheduler has on their way, and more after answers were lost.',
  ),
  reservations_expired_total: counter(
    'Places given up because their pod was not heard of again within --reservation-timeout.',
  ),
  overshoots_total: counter(
    'Pods that this program bound into a unit beyond max or maxResources, without a place held for them. Always 0: limits are broken otherwise. A limit that is lowered, and pods that others bind, do not count here.',
  ),
  ledger_mismatches_total: counter(
    'Counts that differed from the recount that is made every minute. Always 0: the program counted wrongly otherwise.',
  ),
  wakes_total: counter(
    'Waiting pods that kube-scheduler was asked to try again since there is room for them. `gone`: they had been deleted meanwhile; `failed`: the API server did not take the write, and it is repeated.',
    ['outcome'],
  ),

  tracked_pods: gauge('Pods in the view: all of the cluster.'),
  tracked_nodes: gauge('Nodes in the view.'),
  watch_age_seconds: gauge(
    'Time since the watch last heard of the API server, which writes at least once a minute. 0 before everything was listed. Beyond --max-silence nothing is decided.',
    ['resource'],
  ),
  watch_restarts_total: counter(
    'Connections of the watch that ended. `ended` is ordinary, every few minutes.',
    ['resource', 'reason'],
  ),
  watch_relists_total: counter('Full lists taken, the first included.', ['resource']),
  watch_handler_failures_total: counter(
    'Objects and events that could not be taken in. Always 0: they are not counted otherwise, until the next list.',
    ['resource'],
  ),
  admission_reviews_total: counter(
    'Pods that the API server asked about at their creation.',
    ['outcome'],
    'webhook',
  ),
} as const satisfies Readonly<Record<string, Definition>>;
export type MetricName = keyof typeof CATALOGUE;

/** Under the names that Prometheus's own clients give them. */
export const PROCESS_CATALOGUE = {
  process_cpu_seconds_total: counter('CPU time of the process, of user and system.'),
  process_resident_memory_bytes: gauge('Resident memory of the process.'),
  process_start_time_seconds: gauge('When the process started, in seconds since the epoch.'),
} as const satisfies Readonly<Record<string, Definition>>;
