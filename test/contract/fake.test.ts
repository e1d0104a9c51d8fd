import { startFakeApiServer } from '../support/fake-api-server/server.ts';
import { clusterContract } from './cluster-contract.ts';

clusterContract('by the fake API server', async () => {
  const server = await startFakeApiServer();
  return {
    kubeconfigPath: server.kubeconfigPath,
    manyPods: 1_100,
    restart: async () => {
      await server.down();
      server.store.compact();
      await server.listen();
    },
    delete: () => server.close(),
  };
});
