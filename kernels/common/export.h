// TRITWISE_EXPORT_KERNEL(Name): makes Resolve<Name>(), which is the kernel Name of the instruction set that was
// chosen, from the copies that foreach_target.h compiled. Stands at the foot of a kernel's file, within HWY_ONCE;
// kernels.h declares the functions of all kernels that are listed. No include: Highway wants its own order.
#pragma once

#define TRITWISE_EXPORT_KERNEL(Name) \
  HWY_EXPORT(Name);                  \
  Name##Fn Resolve##Name() { return HWY_DYNAMIC_POINTER(Name); }
