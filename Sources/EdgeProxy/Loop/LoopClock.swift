import WaitingRoom

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads the system's clocks without a system call.
enum LoopClock {
    /// Wall-clock time; as exact as the kernel's tick (1 to 4 ms), at a tenth of the cost.
    static var wallTime: Timestamp {
        var time = timespec()
        #if os(Linux)
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        #endif
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Microseconds since some moment; never steps back.
    static var microseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
