# To be read by the scripts that look for unsound memory: the tests, by their modules, of what is laid out at the start, of
# what connections keep there, and of what threads share.
memory="buffers:: deadlines:: doorbell:: exchange:: groups:: lists:: mail:: mailbox:: outbox:: pool:: slots:: timers:: users::"
