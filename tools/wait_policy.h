// How OpenMP's threads wait for each other.
#pragma once

namespace tritwise {

// Makes them sleep rather than spin, unless the environment says otherwise: begins this program again with
// OMP_WAIT_POLICY=passive, and returns where that is set already. A training step has a handful of barriers, so
// sleeping costs nothing that can be measured, while spinning, libgomp's way, takes half of the speed away as
// soon as another program wants a core. libgomp reads the variable once, before anything of ours runs, hence the
// detour. First thing in a command that trains: nothing else uses OpenMP.
void WaitBySleeping();

}  // namespace tritwise
