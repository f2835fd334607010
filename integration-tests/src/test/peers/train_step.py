"""Times a training step in PyTorch eager, for TrainingComparison: forward, loss, backward, SGD with momentum.

    train_step.py NETS NAME BATCH STEPS THREADS TOKENS

NETS is a folder whose common.py has the networks: ZOO[name][0]() makes one, example(name, batch) feeds it, and BertLayer is
a layer of BERT. Where the exported graph has no dropout, none is trained here; nor is BatchNorm, which the exporter folds into
the convolution before it, unless NAME ends in -bn.
"""

import statistics
import sys
import time

sys.path.insert(0, sys.argv[1])

import torch
from common import ZOO, BertLayer, example
from torch import nn

name, (batch, steps, threads, tokens) = sys.argv[2], map(int, sys.argv[3:7])


class MiniLm(nn.Module):
    """all-MiniLM-L6-v2: six layers of BERT, 384 wide, 12 heads."""

    def __init__(self, width=384):
        super().__init__()
        self.words, self.places, self.kinds = (nn.Embedding(rows, width) for rows in (30522, 512, 2))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(BertLayer(width, 12, 4 * width) for _ in range(6))

    def forward(self, ids, shown, kinds):
        x = self.norm(self.words(ids) + self.kinds(kinds) + self.places(torch.arange(ids.shape[1])))
        hidden = (1.0 - shown[:, None, None, :].float()) * -10000.0
        for layer in self.layers:
            x = layer(x, hidden)
        return x


def fold(module):
    """Leaves the form that folding gives: convolutions with a bias, nothing behind them."""
    for key, part in module.named_children():
        if isinstance(part, nn.BatchNorm2d):
            setattr(module, key, nn.Identity())
        elif isinstance(part, nn.Conv2d) and part.bias is None:
            part.bias = nn.Parameter(torch.zeros(part.out_channels))
        else:
            fold(part)


torch.set_num_threads(threads)
torch.manual_seed(0)
folded, name = not name.endswith("-bn"), name.removesuffix("-bn")
if name == "minilm":
    net, ids = MiniLm(), torch.randint(1, 900, (batch, tokens))
    feed = (ids, torch.ones_like(ids), torch.zeros_like(ids))
else:
    net, feed = ZOO[name][0](), example(name, batch)
    if folded:
        fold(net)
for part in net.train().modules():
    if isinstance(part, nn.Dropout):
        part.p = 0.0
optimizer = torch.optim.SGD(net.parameters(), 1e-3, momentum=0.9)
labels, millis, processor = None, [], []
for step in range(steps):
    start, used = time.perf_counter(), time.process_time()
    answer = net(*feed)
    if answer.dim() == 3:
        loss = answer.square().mean()
    else:
        if labels is None:
            labels = torch.randint(0, answer.shape[1], (batch, *answer.shape[2:]))
        loss = nn.functional.cross_entropy(answer, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    loss.item()
    millis.append(1e3 * (time.perf_counter() - start))
    processor.append(1e3 * (time.process_time() - used))
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
later = millis[min(3, steps - 1) :]
print(f"{name} step {statistics.median(later):.2f} ms (min {min(later):.2f}, processor {min(processor):.2f}), peak {peak} MB")
