"""Create segments, their versions and who belonged to them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('parties', '0003_index_countries'),
    ]

    operations = [
        migrations.CreateModel(
            name='MembershipRefresh',
            fields=[
                ('as_of', models.DateField(primary_key=True, serialize=False)),
                ('finished_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('description', models.CharField(blank=True, db_default='', default='', max_length=250)),
                ('rule', models.JSONField()),
                ('policy_code', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('position', models.PositiveIntegerField()),
                ('is_active', models.BooleanField(db_default=True, default=True)),
                ('version', models.PositiveIntegerField(db_default=1, default=1)),
            ],
            options={
                'indexes': [models.Index(fields=['position', 'id'], name='segment_position')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('code', ''), _negated=True)), name='segment_named')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('from_date', models.DateField()),
                ('until_date', models.DateField(null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='parties.customeraccount')),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='segments.segment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('until_date__isnull', True)), fields=('segment', 'account'), name='membership_one_current'), models.UniqueConstraint(fields=('account', 'segment', 'from_date'), name='membership_unique'), models.CheckConstraint(condition=models.Q(('until_date__isnull', True), ('until_date__gt', models.F('from_date')), _connector='OR'), name='membership_dates')],
            },
        ),
        migrations.CreateModel(
            name='SegmentVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=80)),
                ('rule', models.JSONField()),
                ('policy_code', models.CharField(blank=True, max_length=40)),
                ('is_active', models.BooleanField()),
                ('from_date', models.DateField()),
                ('recorded_by_id', models.BigIntegerField(null=True)),
                ('recorded_by_name', models.CharField(max_length=150)),
                ('recorded_at', models.DateTimeField()),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='segments.segment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('segment', 'version'), name='segmentversion_unique')],
            },
        ),
    ]
