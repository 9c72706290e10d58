#!/bin/sh
# Two Slurm nodes on this machine, as root, without systemd: start.sh DIR. Prints nothing; leaves DIR/slurm.conf.
set -eu
D=$1
H=$(hostname -s)
mkdir -p "$D/state" "$D/log" "$D/run" "$D/munge"
chmod 755 "$D"
head -c 1024 /dev/urandom > "$D/munge/munge.key"
chown -R munge: "$D/munge"
chmod 711 "$D/munge"
chmod 400 "$D/munge/munge.key"
runuser -u munge -- munged --key-file="$D/munge/munge.key" --socket="$D/munge/munge.sock" \
  --pid-file="$D/munge/munged.pid" --log-file="$D/munge/munged.log" --seed-file="$D/munge/seed" --force
cat > "$D/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$H(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$D/munge/munge.sock
CredType=cred/munge
SlurmctldPort=16917
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool-%n
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd-%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
SwitchType=switch/none
NodeName=n1 NodeHostname=$H NodeAddr=127.0.0.1 Port=16921 CPUs=1 RealMemory=2000 State=UNKNOWN
NodeName=n2 NodeHostname=$H NodeAddr=127.0.0.1 Port=16922 CPUs=1 RealMemory=2000 State=UNKNOWN
PartitionName=local Nodes=n1,n2 Default=YES MaxTime=INFINITE DefMemPerCPU=1000 State=UP
CONF
export SLURM_CONF="$D/slurm.conf"
slurmctld -c
slurmd -c -N n1
slurmd -c -N n2
for _ in $(seq 100); do
  [ "$(sinfo -h -o %D -t idle)" = 2 ] && exit 0
  sleep 0.1
done
sinfo >&2
exit 1
