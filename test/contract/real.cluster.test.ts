import { fileURLToPath } from 'node:url';

import { startControlPlane } from '../control-plane/control-plane.ts';
import { clusterContract } from './cluster-contract.ts';

clusterContract('by a real API server', async () => {
  const plane = await startControlPlane();
  try {
    await plane.kubectl([
      'apply',
      '-f',
      fileURLToPath(new URL('../../crds/resourcepolicies.yaml', import.meta.url)),
    ]);
    await plane.kubectl([
      'wait',
      '--for=condition=Established',
      'crd/resourcepolicies.scheduling.alibabacloud.com',
    ]);
  } catch (error) {
    await plane.delete();
    throw error;
  }
  return {
    kubeconfigPath: plane.kubeconfigPath,
    manyPods: 1_100,
    restart: async () => {
      await plane.apiServer.kill();
      await plane.apiServer.start();
    },
    delete: () => plane.delete(),
  };
});
