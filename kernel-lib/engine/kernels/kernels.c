// All kernels of one instruction set as one translation unit: -DVECTOR_BYTES=16|32|64 -DISA=name.
// One source for native (SSE2, AVX2, AVX-512, NEON) and wasm (SIMD128). No libc calls but memcpy and memset.
#include "command.h"
#include "vector.h"
#include "math.h"
#include "random.h"
#include "gemm.h"
#include "linear.c"
#include "conv.c"
#include "normalise.c"
#include "batch-normalise.c"
#include "relu.c"
#include "resize.c"
#include "gelu.c"
#include "attention.c"
#include "relative-bias.c"
#include "window.c"
#include "residual.c"
#include "embed.c"
#include "loss.c"
#include "segmentation.c"
#include "optimizer.c"
#include "quantise.c"
#include "elementwise.c"
#include "move.c"
#include "reduce.c"
#include "watch.c"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

const Command JOIN(commands_, ISA)[] = {
  LINEAR_COMMANDS, CONV_COMMANDS, NORMALISE_COMMANDS, BATCH_NORMALISE_COMMANDS, RELU_COMMANDS, RESIZE_COMMANDS,
  SEGMENTATION_COMMANDS, GELU_COMMANDS, ATTENTION_COMMANDS, RELATIVE_BIAS_COMMANDS, WINDOW_COMMANDS, RESIDUAL_COMMANDS, EMBED_COMMANDS, LOSS_COMMANDS,
  OPTIMIZER_COMMANDS, QUANTISE_COMMANDS, ELEMENTWISE_COMMANDS, MOVE_COMMANDS, REDUCE_COMMANDS, WATCH_COMMANDS, {0, 0, 0},
};
