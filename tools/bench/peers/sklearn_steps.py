"""scikit-learn's MLPClassifier on rows in memory: an epoch a request."""
import time

import h5py
import numpy as np
import sklearn
import threadpoolctl
from sklearn.neural_network import MLPClassifier

from safetensors_file import read_tensors
from worker import serve, specification


class Begun(MLPClassifier):
    """With the parameters of a checkpoint of ingot."""

    def begin_with(self, tensors):
        layers = sum(name.startswith("layers.") for name in tensors) // 2
        self.initial = iter([(tensors[f"layers.{i}.weight"].T.copy(), tensors[f"layers.{i}.bias"]) for i in range(layers)])

    def _init_coef(self, fan_in, fan_out, dtype):
        return next(self.initial)


class Job:
    def __init__(self, spec):
        rows = spec["rows"]
        with h5py.File(spec["data"]) as file:
            self.x = np.stack([file["columns"][f"x{i:02}"][:rows] for i in range(spec["numbers"])], 1)
            self.y = file["columns"]["label"][:rows]
        self.steps = -(-rows // spec["batch"])
        self.model = Begun(spec["hidden"], solver="adam", alpha=0, batch_size=spec["batch"],
                           learning_rate_init=spec["learning_rate"], random_state=7)
        self.model.begin_with(read_tensors(spec["initial"]))

    def epoch(self):
        start = time.perf_counter()
        self.model.partial_fit(self.x, self.y, classes=[0, 1])
        return {"seconds": (time.perf_counter() - start) / self.steps, "loss": float(self.model.loss_)}


if __name__ == "__main__":
    threadpoolctl.threadpool_limits(specification()["threads"])
    job = Job(specification())
    blas = [library.get("version") for library in threadpoolctl.threadpool_info()]
    serve({"epoch": job.epoch}, versions={"sklearn": sklearn.__version__, "numpy": np.__version__, "openblas": blas[:1]})
