use std::sync::atomic::*;
pub(crate) struct Doorbell<W: Wake> {
    sleeping: AtomicBool,
    waker: W,
}
pub(crate) trait Wake {
    fn wake(&self);
}
impl Wake for mio::Waker {
    fn wake(&self) {
        let _ = mio::Waker::wake(self);
    }
}
impl<W: Wake> Doorbell<W> {
    pub(crate) fn new(waker: W) -> Self {
        Doorbell { sleeping: AtomicBool::new(false), waker }
    }
    pub(crate) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) && self.sleeping.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }
    pub(crate) fn sleep<R>(&self, has_work: impl FnOnce() -> bool, wait: impl FnOnce(bool) -> R) -> R {
        self.sleeping.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let r = wait(!has_work());
        self.sleeping.store(false, Ordering::Relaxed);
        r
    }
}
