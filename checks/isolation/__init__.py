"""Where a stranger's mail is computed with: processes of their own, with limits on time and memory.

`jobs` are the computations, `pool` keeps the processes, `worker` is what runs in them, `wire` brings their answers
back. This file imports nothing, because a worker begins here and has to begin fast.

Own code, because the pools at hand (those of the standard library, pebble, loky) start their workers by importing the
program's main module, send results as pickles, which give whoever took over a worker the parent as well, and know no
worker that is kept for small jobs. None of them sets limits.
"""
