/**
 * The annotations and the scheduling gate this program writes or reads, in one place because each is an interface.
 *
 * @module
 */

/** Annotation of a bound pod: name of the policy that placed it. Written in the Binding, never patched later. */
export const POLICY_ANNOTATION = 'resource-policy.scheduling/policy';
/** Annotation of a bound pod: name of its unit (`Unit.name` of the policy room). */
export const UNIT_ANNOTATION = 'resource-policy.scheduling/unit';
/** Annotation by which a ReplicaSet chooses the pods it removes first: the lowest cost goes first, absent means 0. */
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
/**
 * Annotation of a bound pod: the deletion cost that this program wrote. A cost that differs from it is somebody else's,
 * and so is one without it.
 */
export const OWN_COST_ANNOTATION = 'resource-policy.scheduling/deletion-cost';
/**
 * Annotation of a waiting pod: since when it waits in a unit for resources, as a JSON object of unit names and RFC 3339
 * times. It makes a wait outlive a restart.
 */
export const WAITING_ANNOTATION = 'resource-policy.scheduling/waiting-since';
/** Annotation changed on a waiting pod only to make kube-scheduler look at it again; its value means nothing. */
export const WAKE_ANNOTATION = 'resource-policy.scheduling/woken-at';
/**
 * Annotation of a pod that was pinned, by node names in its affinity, to the nodes of one unit: that unit's name. Its
 * place there is held from the moment it was created, or let out of the waiting room.
 */
export const PINNED_ANNOTATION = 'resource-policy.scheduling/pinned-to';
/** Scheduling gate of a pod in the waiting room: all units of its group were at max when it was created. */
export const WAITING_ROOM_GATE = 'resource-policy.scheduling/waits-for-max';
