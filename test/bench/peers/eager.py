"""Trains the networks of train_bench.cpp in eager PyTorch and prints seconds per candidate-epoch.

A candidate-epoch: 60 days x 800 stocks x 5 fields x 30 days, one Adam step a day, loss = minus the
correlation of the day's sigmoid-scaled predictions with fixed label ranks.

usage: eager.py [--threads N] [--processes N] [--only NAME] [--epochs N]
With --processes N, N such programs train at once and the time is what one candidate takes of the
machine: seconds / N.
"""
import argparse
import json
import math
import multiprocessing
import time

DAYS, STOCKS, FIELDS, WINDOW = 60, 800, 5, 30


def networks():
    import torch
    from torch import nn

    class Last(nn.Module):
        def __init__(self, cell, units):
            super().__init__()
            self.cell, self.out = cell, nn.Linear(units, 1)

        def forward(self, x):  # [n, fields, days]
            return self.out(self.cell(x.transpose(1, 2))[0][:, -1])

    class Block(nn.Module):
        def __init__(self, n_in, n_out, dilation):
            super().__init__()
            self.pad = 2 * dilation
            self.first = nn.Conv1d(n_in, n_out, 3, dilation=dilation)
            self.second = nn.Conv1d(n_out, n_out, 3, dilation=dilation)
            self.shortcut = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else nn.Identity()

        def forward(self, x):
            pad = nn.functional.pad
            h = torch.relu(self.first(pad(x, (self.pad, 0))))
            h = torch.relu(self.second(pad(h, (self.pad, 0))))
            return torch.relu(h + self.shortcut(x))

    class Tcn(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.Sequential(
                *[Block(FIELDS if i == 0 else 16, 16, 2**i) for i in range(4)])
            self.out = nn.Linear(16, 1)

        def forward(self, x):
            return self.out(self.blocks(x)[:, :, -1])

    class Transformer(nn.Module):
        def __init__(self, d=32):
            super().__init__()
            self.embedding = nn.Linear(FIELDS, d)
            t, i = torch.arange(WINDOW).unsqueeze(1), torch.arange(d).unsqueeze(0)
            angle = t * torch.pow(10000.0, -1.0 * (i - i % 2) / d)
            self.register_buffer("places", torch.where(i % 2 == 0, angle.sin(), angle.cos()))
            layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.out = nn.Linear(d, 1)

        def forward(self, x):
            return self.out(self.encoder(self.embedding(x.transpose(1, 2)) + self.places)[:, -1])

    class Image(nn.Module):
        """[n, fields, days] as one-channel images [n, 1, days, fields]."""

        def forward(self, x):
            return x.transpose(1, 2).unsqueeze(1)

    class Bottleneck(nn.Module):
        def __init__(self, n_in, mid, stride):
            super().__init__()
            out = 4 * mid
            self.body = nn.Sequential(
                nn.Conv2d(n_in, mid, 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(),
                nn.Conv2d(mid, mid, 3, (stride, 1), 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(),
                nn.Conv2d(mid, out, 1, bias=False), nn.BatchNorm2d(out))
            self.shortcut = nn.Identity()
            if n_in != out or stride > 1:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(n_in, out, 1, (stride, 1), bias=False), nn.BatchNorm2d(out))

        def forward(self, x):
            return torch.relu(self.body(x) + self.shortcut(x))

    def fcn(units, depth):
        layers, n_in = [nn.Flatten()], FIELDS * WINDOW
        for _ in range(depth):
            layers += [nn.Linear(n_in, units), nn.Tanh()]
            n_in = units
        return nn.Sequential(*layers, nn.Linear(n_in, 1))

    def lenet():
        return nn.Sequential(
            Image(), nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d((2, 1), (2, 1)),
            nn.Conv2d(6, 16, 5, padding=2), nn.Tanh(), nn.AvgPool2d((2, 1), (2, 1), ceil_mode=True),
            nn.Flatten(), nn.Linear(16 * 8 * FIELDS, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
            nn.Linear(84, 1))

    def resnet50():
        layers, n_in = [Image(), nn.Conv2d(1, 64, 7, (2, 1), 3), nn.BatchNorm2d(64), nn.ReLU(),
                        nn.MaxPool2d((3, 1), 1, (1, 0))], 64
        for stage, blocks in enumerate((3, 4, 6, 3)):
            for block in range(blocks):
                layers.append(Bottleneck(n_in, 64 << stage, 2 if stage and not block else 1))
                n_in = 4 * (64 << stage)
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, 1))

    return {
        "fcn_64x3": lambda: fcn(64, 3),
        "fcn_128x4": lambda: fcn(128, 4),
        "gru_30": lambda: Last(nn.GRU(FIELDS, 30, batch_first=True), 30),
        "lstm_64": lambda: Last(nn.LSTM(FIELDS, 64, batch_first=True), 64),
        "tcn_16x4": Tcn,
        "lenet": lenet,
        "transformer_32": Transformer,
        "resnet_50": resnet50,
    }


def measure(name, threads, epochs, days, device):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x = torch.randn(days, STOCKS, FIELDS, WINDOW)
    ranks = torch.randn(days, STOCKS).argsort(1).argsort(1).float()
    target = ranks - ranks.mean(1, keepdim=True)
    target /= target.norm(dim=1, keepdim=True)
    x, target = x.to(device), target.to(device)
    net = networks()[name]().to(device)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)

    def wait():
        if device != "cpu":
            torch.cuda.synchronize()

    def epoch():
        for day in range(days):
            y = net(x[day]).squeeze(1)
            g = torch.sigmoid(3.4 * (y - y.mean()) / (2 * y.std(correction=0)))
            g = g - g.mean()
            loss = -(g * target[day]).sum() / g.norm()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    if name != "resnet_50":
        epoch()
    best = math.inf
    for _ in range(epochs):
        wait()
        start = time.perf_counter()
        epoch()
        wait()
        best = min(best, time.perf_counter() - start)
    return best * DAYS / days


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    names = [options.only] if options.only else list(networks())
    for name in names:
        days = 1 if name == "resnet_50" else DAYS
        job = (name, options.threads, options.epochs, days, options.device)
        if options.processes == 1:
            seconds = measure(*job)
        else:
            with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
                seconds = max(pool.starmap(measure, [job] * options.processes)) / options.processes
        print(json.dumps({"network": name, "threads": options.threads,
                          "processes": options.processes, "device": options.device,
                          "seconds_per_candidate_epoch": round(seconds, 4)}), flush=True)


if __name__ == "__main__":
    main()
