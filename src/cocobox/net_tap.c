// SPDX-License-Identifier: GPL-2.0-only
/* Frames between the guest and a TAP device of the host; what either side cannot take at once is
 * dropped, as on any wire.
 */
#include "net_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/if.h>
#include <linux/if_tun.h>

#include "err.h"
#include "loop.h"

#define TAP_ROUND	64	/* frames, then the lock is let go */

struct cw_tap {
	struct cw_box *box;
	struct cw_watch watch;
	cw_peer_send send;
	void *arg;
};

static void tap_ready(struct cw_watch *watch, __u32 events)
{
	struct cw_tap *tap = watch->arg;
	__u8 frame[CW_NET_FRAME_MAX + 1];
	ssize_t len;
	int i;

	(void)events;
	for (i = 0; i < TAP_ROUND; i++) {
		len = read(watch->fd, frame, sizeof(frame));
		if (len < 0 && errno != EAGAIN && errno != EINTR) {
			/* the device is gone: the cable is dead, the guest goes on */
			cw_err(-errno, "cannot read from the TAP device");
			cw_loop_remove(tap->box, watch);
		}
		if (len < 0)
			return;
		/* one byte more than a frame: it was cut */
		if (len <= CW_NET_FRAME_MAX)
			tap->send(tap->arg, frame, (__u32)len);
	}
}

static int tap_open(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int err, fd;

	if (strlen(name) >= sizeof(req.ifr_name))
		return cw_err(-ENAMETOOLONG, "cannot open the TAP device %s", name);
	strcpy(req.ifr_name, name);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return cw_err(-errno, "cannot open /dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &req)) {
		err = cw_err(-errno, "cannot open the TAP device %s", name);
		close(fd);
		return err;
	}
	return fd;
}

int cw_tap_new(struct cw_tap **tap, struct cw_box *box, const char *name, cw_peer_send send,
	       void *arg)
{
	struct cw_tap *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return cw_err(-ENOMEM, "cannot make a TAP device of %s", name);
	*t = (struct cw_tap){ .box = box, .send = send, .arg = arg };
	t->watch.ready = tap_ready;
	t->watch.arg = t;
	t->watch.fd = tap_open(name);
	if (t->watch.fd < 0) {
		err = t->watch.fd;
		goto out_tap;
	}
	err = cw_loop_add(box, &t->watch, EPOLLIN);
	if (err) {
		cw_err(err, "cannot watch the TAP device %s", name);
		goto out_fd;
	}
	*tap = t;
	return 0;
out_fd:
	close(t->watch.fd);
out_tap:
	free(t);
	return err;
}

void cw_tap_free(struct cw_tap *tap)
{
	if (!tap)
		return;
	cw_loop_remove(tap->box, &tap->watch);
	close(tap->watch.fd);
	free(tap);
}

bool cw_tap_input(struct cw_tap *tap, const __u8 *frame, __u32 len)
{
	return write(tap->watch.fd, frame, len) == (ssize_t)len;
}
