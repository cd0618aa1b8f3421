/// Round values for an axis from 0 on.
struct AxisTicks {
    /// Ascending, the first is 0; the last is not below what the axis has to hold.
    let values: [Double]

    var top: Double { values.last ?? 1 }

    /// Steps of 1, 2 or 5 times a power of ten, and none below `least`.
    init(upTo highest: Double, about count: Int, least: Double = 0) {
        let rough = max(highest / Double(max(1, count)), least, .leastNormalMagnitude)
        var power = 1.0
        while power * 10 <= rough { power *= 10 }
        while power > rough { power /= 10 }
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999_999 } ?? rough
        self.init(step: max(step, least), upTo: highest)
    }

    /// Steps in which people count time. In seconds.
    init(timeUpTo seconds: Double, about count: Int) {
        let rough = seconds / Double(max(1, count))
        let steps: [Double] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
        ]
        self.init(step: steps.first { $0 >= rough } ?? (rough / 86_400).rounded(.up) * 86_400, upTo: seconds)
    }

    private init(step: Double, upTo highest: Double) {
        let steps = max(1, Int((highest / step - 1e-9).rounded(.up)))
        values = (0...steps).map { Double($0) * step }
    }
}
