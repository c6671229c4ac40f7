/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Behaviours of a host, the honest one first: one list for cocobox, which boots a machine under
 * such a host, and cocovm.ko, which emulates one.  What each of the two does for a name is in a
 * table of its own; a name is never given to another behaviour.
 */
#ifndef CW_HOSTS_H
#define CW_HOSTS_H

/* What a behaviour is about. */
#define CW_HOST_CLASSES(X) \
	X(HONEST, "honest") \
	X(VISIBILITY, "visibility") \
	X(RING, "ring") \
	X(MESSAGE, "message") \
	X(COMPLETION, "completion") \
	X(OFFER, "offer") \
	X(INTERRUPT, "interrupt")

/* X(id, name, class, what it does) */
#define CW_HOSTS(X) \
	X(HONEST, "honest", HONEST, \
	  "Does what it is asked.") \
	X(REFUSE_ALL, "refuse-all", VISIBILITY, \
	  "Refuses to change the visibility of any frame.") \
	X(REFUSE_FIRST, "refuse-first", VISIBILITY, \
	  "Refuses the first visibility call, which is for the bounce buffers.") \
	X(REFUSE_TENTH, "refuse-tenth", VISIBILITY, \
	  "Refuses the tenth visibility call alone, in the midst of the bounce buffers.") \
	X(REFUSE_MONITOR, "refuse-monitor", VISIBILITY, \
	  "Refuses calls of a single frame: the monitor pages of VMBus.") \
	X(REFUSE_RING, "refuse-ring", VISIBILITY, \
	  "Refuses the first call once channels are offered: a ring.") \
	X(REFUSE_THIRD_RING, "refuse-third-ring", VISIBILITY, \
	  "Refuses the third call alone once channels are offered: a ring.") \
	X(REFUSE_LARGE, "refuse-large", VISIBILITY, \
	  "Refuses calls of many frames once channels are offered: network buffers.") \
	X(REFUSE_TO_SHARED, "refuse-to-shared", VISIBILITY, \
	  "Refuses to make frames visible, but takes them back.") \
	X(REFUSE_TO_PRIVATE, "refuse-to-private", VISIBILITY, \
	  "Refuses to take visible frames back.") \
	X(PART_TOLD, "part-told", VISIBILITY, \
	  "Does a part of each call and says so, with success.") \
	X(PART_FAILED, "part-failed", VISIBILITY, \
	  "Does half of each call once channels are offered, says so, and fails.") \
	X(PART_CLAIMED, "part-claimed", VISIBILITY, \
	  "Does half of each call once channels are offered, and says that it did all.") \
	X(STATUS_GARBAGE, "status-garbage", VISIBILITY, \
	  "Does each call once channels are offered, and answers no known status.") \
	X(REPS_BEYOND, "reps-beyond", VISIBILITY, \
	  "Claims more repetitions than it was asked for.") \
	X(REPS_NONE_ONCE, "reps-none-once", VISIBILITY, \
	  "Answers one call with success and no repetition done.") \
	X(REPS_NONE, "reps-none", VISIBILITY, \
	  "Does nothing of a call once channels are offered, with success.") \
	X(INDEX_WRITE_NET, "index-write-net", RING, \
	  "Sets the write index of the network ring to the guest out of range.") \
	X(INDEX_WRITE_DISK, "index-write-disk", RING, \
	  "Sets the write index of the disk ring to the guest out of range.") \
	X(INDEX_OWN_WRITE, "index-own-write", RING, \
	  "Sets the guest's own write index, of the disk ring, out of range.") \
	X(INDEX_OWN_EDGE, "index-own-edge", RING, \
	  "Sets the guest's own write index, of the disk ring, to an odd number.") \
	X(INDEX_READ, "index-read", RING, \
	  "Sets the read index of the disk ring from the guest out of range.") \
	X(LENGTH_LONG, "length-long", RING, \
	  "Says that each frame's packet is longer than the ring.") \
	X(LENGTH_LONG_DISK, "length-long-disk", RING, \
	  "Says that one completion of the disk is longer than the ring.") \
	X(LENGTH_ZERO, "length-zero", RING, \
	  "Says that each frame's packet has no length.") \
	X(LENGTH_SHORT, "length-short", RING, \
	  "Says that each frame's packet is shorter than its descriptor.") \
	X(LENGTH_FLIPS, "length-flips", RING, \
	  "Changes the length of each frame's packet while the guest reads it.") \
	X(OFFSET_ZERO, "offset-zero", RING, \
	  "Says that the data of each frame's packet begins in its descriptor.") \
	X(OFFSET_BEYOND, "offset-beyond", RING, \
	  "Says that the data of each frame's packet begins beyond its end.") \
	X(RANGE_OFFSET, "range-offset", RING, \
	  "Says that each frame is far beyond the receive buffer.") \
	X(RANGE_LENGTH, "range-length", RING, \
	  "Says that each frame is longer than the receive buffer.") \
	X(RANGE_WRAP, "range-wrap", RING, \
	  "Gives each frame an offset and a length whose sum is small again.") \
	X(RANGE_COUNT, "range-count", RING, \
	  "Says that each packet has more frames than it has room for.") \
	X(RNDIS_LENGTH, "rndis-length", RING, \
	  "Says in RNDIS that each message is longer than the packet that has it.") \
	X(RNDIS_OFFSET, "rndis-offset", RING, \
	  "Says in RNDIS that each frame begins beyond its message.") \
	X(RNDIS_DATA, "rndis-data", RING, \
	  "Says in RNDIS that each frame is longer than its message.") \
	X(DISK_TRANSFER, "disk-transfer", RING, \
	  "Says that each disk command moved more bytes than its buffer has.") \
	X(DISK_SENSE, "disk-sense", RING, \
	  "Fails disk commands with more sense data than a packet holds.") \
	X(MESSAGE_VERSION, "message-version", MESSAGE, \
	  "Refuses the version again, long after the guest has agreed on one.") \
	X(MESSAGE_OPEN, "message-open", MESSAGE, \
	  "Tells the result of an open that nobody asked for.") \
	X(MESSAGE_GPADL, "message-gpadl", MESSAGE, \
	  "Says that a GPADL was made that the guest knows nothing of.") \
	X(MESSAGE_TORNDOWN, "message-torndown", MESSAGE, \
	  "Says that a GPADL was torn down that the guest knows nothing of.") \
	X(MESSAGE_MODIFY, "message-modify", MESSAGE, \
	  "Tells the result of moving a channel that nobody moved.") \
	X(MESSAGE_UNLOAD, "message-unload", MESSAGE, \
	  "Answers an unload that the guest did not ask for.") \
	X(MESSAGE_DELIVERED, "message-delivered", MESSAGE, \
	  "Says again and again that all offers are delivered.") \
	X(MESSAGE_GUESTS, "message-guests", MESSAGE, \
	  "Sends messages of a type that only guests send.") \
	X(MESSAGE_NEXT_TYPE, "message-next-type", MESSAGE, \
	  "Sends a message of the first type that there is none of.") \
	X(MESSAGE_WILD_TYPE, "message-wild-type", MESSAGE, \
	  "Sends a message of type 0xffffffff.") \
	X(MESSAGE_EMPTY, "message-empty", MESSAGE, \
	  "Sends messages without a byte in them.") \
	X(MESSAGE_SHORT, "message-short", MESSAGE, \
	  "Sends a message of each type that ends after its type.") \
	X(AGAIN_OPENED, "again-opened", MESSAGE, \
	  "Tells the result of each open twice.") \
	X(AGAIN_CREATED, "again-created", MESSAGE, \
	  "Says of each GPADL twice that it was made.") \
	X(AGAIN_TORNDOWN, "again-torndown", MESSAGE, \
	  "Says of each GPADL twice that it was torn down.") \
	X(RESCIND_UNKNOWN, "rescind-unknown", MESSAGE, \
	  "Takes back a channel that it never offered.") \
	X(RESCIND_BEYOND, "rescind-beyond", MESSAGE, \
	  "Takes back a channel whose id is beyond all ids.") \
	X(RESCIND_OPEN, "rescind-open", MESSAGE, \
	  "Takes the disk's channel back while the guest opens it.") \
	X(RESCIND_OPEN_NET, "rescind-open-net", MESSAGE, \
	  "Takes the network's channel back while the guest opens it, and says it twice.") \
	X(RESCIND_OPENED, "rescind-opened", MESSAGE, \
	  "Takes the disk's channel back right after it was opened.") \
	X(RESCIND_GPADL, "rescind-gpadl", MESSAGE, \
	  "Takes the network's channel back while the guest makes a GPADL for it.") \
	X(COMPLETE_UNKNOWN, "complete-unknown", COMPLETION, \
	  "Completes disk commands that there are none of.") \
	X(COMPLETE_UNKNOWN_NET, "complete-unknown-net", COMPLETION, \
	  "Completes frames that the guest did not send.") \
	X(COMPLETE_ZERO, "complete-zero", COMPLETION, \
	  "Completes a disk command of id 0.") \
	X(COMPLETE_TWICE, "complete-twice", COMPLETION, \
	  "Completes each disk command twice.") \
	X(COMPLETE_TWICE_NET, "complete-twice-net", COMPLETION, \
	  "Completes each frame that the guest sent twice.") \
	X(COMPLETE_SHORT, "complete-short", COMPLETION, \
	  "Completes each disk command without a word, and only then rightly.") \
	X(COMPLETE_SHORT_NET, "complete-short-net", COMPLETION, \
	  "Completes each frame that the guest sent without a word, and only then rightly.") \
	X(COMPLETE_NEVER, "complete-never", COMPLETION, \
	  "Never completes a disk command.") \
	X(PACKET_TYPE, "packet-type", COMPLETION, \
	  "Sends packets of unknown type between the frames.") \
	X(INBAND_TYPE, "inband-type", COMPLETION, \
	  "Sends in-band messages of unknown type between the frames.") \
	X(INBAND_TABLE, "inband-table", COMPLETION, \
	  "Sends send-indirection tables that lie outside of their message.") \
	X(OFFER_TWICE, "offer-twice", OFFER, \
	  "Offers every device twice.") \
	X(OFFER_TAKEN, "offer-taken", OFFER, \
	  "Offers a controller with the channel id that the network device has.") \
	X(OFFER_ZERO, "offer-zero", OFFER, \
	  "Offers a controller with channel id 0.") \
	X(OFFER_BEYOND, "offer-beyond", OFFER, \
	  "Offers a controller whose channel id is beyond all ids.") \
	X(OFFER_GHOST, "offer-ghost", OFFER, \
	  "Offers a controller, and refuses all that the guest then wants of it.") \
	X(OFFER_PRIVATE, "offer-private", OFFER, \
	  "Offers a controller with private rings to a guest that knows no such thing.") \
	X(OFFER_SOCKET, "offer-socket", OFFER, \
	  "Offers a Hyper-V socket that nobody asked for.") \
	X(OFFER_UNKNOWN, "offer-unknown", OFFER, \
	  "Offers a device of a type that nobody knows.") \
	X(OFFER_REFUSED, "offer-refused", OFFER, \
	  "Offers video, balloon, KVP and mouse devices, at any time.") \
	X(FLAGS_UNKNOWN, "flags-unknown", INTERRUPT, \
	  "Sets the event flags of channels that there are none of.") \
	X(FLAGS_ALL, "flags-all", INTERRUPT, \
	  "Sets all event flags, ten times a second.") \
	X(INTERRUPT_EMPTY, "interrupt-empty", INTERRUPT, \
	  "Interrupts with no message and no event flag.")

#define CW_HOST_CLASS_ENUM(id, name) CW_HOST_CLASS_##id,
enum cw_host_class { CW_HOST_CLASSES(CW_HOST_CLASS_ENUM) CW_HOST_CLASS_NR };

#define CW_HOST_ENUM(id, name, class, what) CW_HOST_##id,
enum cw_host_id { CW_HOSTS(CW_HOST_ENUM) CW_HOST_NR };

#endif
