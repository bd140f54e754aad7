"""Workers on other machines: those of a Dask cluster (dask.distributed, extra ``penstock[dask]``).

The run is a client of the cluster's scheduler. A page is one Dask task, with its picture. `Cluster` decides
which worker gets it: a page may have to be read alone, a worker may lack the plugin, and a page that kills
its worker must not kill further ones, as Dask's own retries would. `remote` is what runs in the workers.
"""

from penstock.workers.dask.cluster import Cluster, ClusterOptions

__all__ = ["Cluster", "ClusterOptions"]
